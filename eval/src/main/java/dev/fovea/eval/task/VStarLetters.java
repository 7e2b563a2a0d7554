package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.VStarRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// V* Bench by letter, as lmms-eval asks it.
///
/// ```
/// test_questions.jsonl   {"question_id", "image", "text", "category", "label": "A"} on each line, "text" being
///                        "Question? (A) … (B) …"
/// direct_attributes/…, relative_position/…   as published
/// ```
///
/// or the same file as `questions.jsonl`. The options are put on lines `A. …` and the letter instruction below them.
/// The published order of the options is kept: it was shuffled, while the files that [VStar] reads have the right
/// option first and must never be asked by letter.
public record VStarLetters(Questions questions) implements FileTask {
    private static final String PUBLISHED = "test_questions.jsonl";

    private static final Pattern OPTION = Pattern.compile("\\([A-D]\\)\\s*([^()]+?)(?=\\s*\\([A-D]\\)|$)");

    /// Reads the task's files, which it closes when it is closed.
    public static VStarLetters read(TaskFiles files) {
        String name = files.has(PUBLISHED) ? PUBLISHED : Questions.OWN_FILE;
        return new VStarLetters(Questions.of(files, Entries.lines(files, name), entry -> sample(files, entry)));
    }

    private static Sample sample(TaskFiles files, Entry entry) {
        String text = bare(entry.text("text"));
        List<String> options = options(text);
        if (options.size() < 2) {
            throw entry.wrong("text", "a question with options (A) … (B) …", text);
        }
        String label = entry.text("label").strip();
        if (label.length() != 1 || label.charAt(0) < 'A' || label.charAt(0) - 'A' >= options.size()) {
            throw entry.wrong("label", "the letter of one of " + options.size() + " options", label);
        }
        StringBuilder question =
                new StringBuilder(text.substring(0, text.indexOf("(A)")).strip());
        for (int i = 0; i < options.size(); i++) {
            question.append('\n').append((char) ('A' + i)).append(". ").append(options.get(i));
        }
        return new Sample(
                entry.id("question_id"),
                VStar.kind(entry),
                Questions.picture(files, entry, "image", entry.text("image")),
                Questions.ask(question.toString(), Questions.LETTER),
                List.of(label),
                options,
                List.of(),
                Map.of());
    }

    /// Unlike the reference, an instruction that the text ends with is not repeated, nor taken for the last option's.
    private static String bare(String text) {
        String stripped = text.strip();
        return stripped.endsWith(Questions.LETTER)
                ? stripped.substring(0, stripped.length() - Questions.LETTER.length())
                        .strip()
                : stripped;
    }

    private static List<String> options(String text) {
        return text.contains("(A)")
                ? OPTION.matcher(text)
                        .results()
                        .map((MatchResult found) -> found.group(1).strip())
                        .toList()
                : List.of();
    }

    @Override
    public String name() {
        return "vstar-letters";
    }

    @Override
    public int maxTokens() {
        return 16;
    }

    @Override
    public double score(Sample sample, String answer) {
        return VStarRule.letter(answer).equals(Optional.of(sample.answers().getFirst())) ? 1 : 0;
    }

    @Override
    public List<String> notes() {
        return List.of(
                "By letter, read from the answer with lmms-eval's patterns; the authors' protocol is by likelihood.");
    }
}
