package dev.fovea.eval.score;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/// MMBench's first two steps to an option's letter: a letter that stands alone, else an option's text (VLMEvalKit,
/// `can_infer` as LLaVA's results were scored with it).
///
/// The third step, a language model as judge, is none of ours: an answer that the two leave open is wrong.
public final class OptionLetter {
    /// What may stand around a letter, in the order in which the reference tries.
    private static final List<Map.Entry<String, String>> DECORATIONS = List.of(
            Map.entry("", "."),
            Map.entry("", ","),
            Map.entry("", ":"),
            Map.entry("", ")"),
            Map.entry("", ")."),
            Map.entry("(", ")"),
            Map.entry("(", ")."),
            Map.entry(":", ""),
            Map.entry(":", ","),
            Map.entry(":", "."),
            Map.entry(":", ")"),
            Map.entry(":", ")."));

    /// A bare `A` in an answer of more words is an article.
    private static final int MAX_WORDS_AROUND_A = 3;

    private OptionLetter() {}

    /// The letter that `answer` chooses.
    ///
    /// @param options letter to text, `A` first
    public static Optional<String> infer(String answer, SortedMap<String, String> options) {
        Optional<String> letter = byLetter(answer, options);
        return letter.isPresent() ? letter : byText(answer, options);
    }

    /// Step 1: exactly one option's letter among the words, bare or else decorated. LLaVA's own scoring stops here.
    public static Optional<String> byLetter(String answer, SortedMap<String, String> options) {
        List<String> words = PythonText.words(answer);
        Optional<String> bare = only(words, options, "", "");
        if (bare.isPresent() && !(words.contains("A") && words.size() > MAX_WORDS_AROUND_A)) {
            return bare;
        }
        for (Map.Entry<String, String> around : DECORATIONS) {
            Optional<String> decorated = only(words, options, around.getKey(), around.getValue());
            if (decorated.isPresent()) {
                return decorated;
            }
        }
        return Optional.empty();
    }

    /// Step 2: exactly one option's text inside the answer, whatever its case.
    public static Optional<String> byText(String answer, SortedMap<String, String> options) {
        String lower = answer.toLowerCase(Locale.ROOT);
        List<String> found = options.entrySet().stream()
                .filter(option -> lower.contains(option.getValue().toLowerCase(Locale.ROOT)))
                .map(Map.Entry::getKey)
                .toList();
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    private static Optional<String> only(
            List<String> words, SortedMap<String, String> options, String before, String after) {
        List<String> found = options.keySet().stream()
                .filter(letter -> words.contains(before + letter + after))
                .toList();
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }
}
