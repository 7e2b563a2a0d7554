package dev.fovea.eval.score;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/// An answer made comparable as the VQA server does it: case, punctuation, small numbers, articles, contractions.
///
/// Reference: `llava/eval/m4c_evaluator.py`, class `EvalAIAnswerProcessor`, of which every other project has a copy.
/// Its quirks decide scores, so all of them are kept.
public final class VqaText {
    private static final List<String> PUNCTUATION = List.of(
            ";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!");

    /// The reference's `(?!<=\d)` in front of the period was meant to look behind; it looks ahead and never objects.
    private static final Pattern PERIOD = Pattern.compile("\\.(?!\\p{Nd})");

    /// The reference passes the flag `re.UNICODE`, which is 32, where a count belongs.
    private static final int MAX_PERIODS = 32;

    private static final Pattern THOUSANDS = Pattern.compile("(?<=\\p{Nd}),+(?=\\p{Nd})");

    private static final Map<String, String> NUMBERS = Map.ofEntries(
            Map.entry("none", "0"),
            Map.entry("zero", "0"),
            Map.entry("one", "1"),
            Map.entry("two", "2"),
            Map.entry("three", "3"),
            Map.entry("four", "4"),
            Map.entry("five", "5"),
            Map.entry("six", "6"),
            Map.entry("seven", "7"),
            Map.entry("eight", "8"),
            Map.entry("nine", "9"),
            Map.entry("ten", "10"));

    private static final List<String> ARTICLES = List.of("a", "an", "the");

    private VqaText() {}

    /// The whole of the reference's processing, as TextVQA and LLaVA's VQAv2 uploads get it.
    public static String normalise(String answer) {
        String cleaned = answer.toLowerCase(Locale.ROOT)
                .replace(",", "")
                .replace("?", "")
                .replace("'s", " 's");
        return normaliseUncleaned(PythonText.strip(cleaned));
    }

    /// The processing without its first step, as VQAv2's validation scorers do it: commas and question marks are
    /// punctuation like any other, and `it's` stays one word.
    public static String normaliseUncleaned(String answer) {
        String line = PythonText.strip(answer.replace('\n', ' ').replace('\t', ' '));
        return words(withoutPeriods(withoutPunctuation(line)));
    }

    /// A mark that touches a space anywhere goes; one that only joins becomes a space. All tests look at the text as
    /// it was before the first mark went.
    private static String withoutPunctuation(String text) {
        boolean thousands = THOUSANDS.matcher(text).find(); // never after the first step, which drops all commas
        String out = text;
        for (String mark : PUNCTUATION) {
            boolean loose = text.contains(mark + " ") || text.contains(" " + mark);
            out = out.replace(mark, loose || thousands ? "" : " ");
        }
        return out;
    }

    private static String withoutPeriods(String text) {
        int[] dropped = {0};
        return PERIOD.matcher(text).replaceAll(_ -> dropped[0]++ < MAX_PERIODS ? "" : ".");
    }

    private static String words(String text) {
        StringJoiner out = new StringJoiner(" ");
        for (String word : PythonText.words(text.toLowerCase(Locale.ROOT))) {
            String counted = NUMBERS.getOrDefault(word, word);
            if (!ARTICLES.contains(counted)) {
                out.add(Contractions.mend(counted));
            }
        }
        return out.toString();
    }
}
