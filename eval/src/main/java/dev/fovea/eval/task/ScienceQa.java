package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.ScienceQaRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// ScienceQA, the test questions that have a picture (IMG accuracy), scored by LLaVA's rule.
///
/// ```
/// questions.jsonl   {"id", "question", "choices": [texts], "answer": index from 0, "hint": text or empty,
///                    "image": name or null} on each line; lines without a picture are passed over
/// images/…          the pictures
/// ```
///
/// The prompt is the question, `Context: ` and the hint where there is one, the lettered choices and the letter
/// instruction.
public record ScienceQa(Questions questions) implements FileTask {
    private static final int MAX_CHOICES = 5;

    /// Reads the task's files, which it closes when it is closed.
    public static ScienceQa read(TaskFiles files) {
        List<Entry> entries = Entries.lines(files, Questions.OWN_FILE).stream()
                .filter(entry -> entry.has("image"))
                .toList();
        return new ScienceQa(Questions.of(files, entries, entry -> sample(files, entry)));
    }

    private static Sample sample(TaskFiles files, Entry entry) {
        List<String> choices = entry.texts("choices");
        if (choices.size() < 2 || choices.size() > MAX_CHOICES) {
            throw entry.wrong("choices", "2 to " + MAX_CHOICES + " choices", choices.size() + "");
        }
        int right = (int) entry.whole("answer", choices.size() - 1);
        StringBuilder question = new StringBuilder(entry.text("question").strip());
        entry.optionalText("hint")
                .ifPresent(hint -> question.append("\nContext: ").append(hint.strip()));
        for (int i = 0; i < choices.size(); i++) {
            question.append('\n').append((char) ('A' + i)).append(". ").append(choices.get(i));
        }
        return new Sample(
                entry.id("id"),
                "scienceqa",
                Questions.picture(files, entry, "image", entry.text("image")),
                Questions.ask(question.toString(), Questions.LETTER),
                List.of("" + (char) ('A' + right)),
                choices,
                List.of(),
                Map.of());
    }

    @Override
    public String name() {
        return "scienceqa";
    }

    @Override
    public int maxTokens() {
        return 16;
    }

    @Override
    public double score(Sample sample, String answer) {
        Optional<String> letter =
                ScienceQaRule.LLAVA.letter(answer.strip(), sample.options().size());
        return letter.equals(Optional.of(sample.answers().getFirst())) ? 1 : 0;
    }

    @Override
    public List<String> notes() {
        return List.of("Only questions with a picture; LLaVA's rule. Papers' SQA may mean all questions.");
    }
}
