package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.ExactMatch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// HR-Mini, Fovea's own benchmark: drawn pictures whose answers are known to the pixel.
///
/// ```
/// questions.jsonl   {"id", "image", "question", "answer", "task", "evidence": [[left, top, right, bottom]…],
///                    "kind", "style", "size_px", "thumbnail", "width", "height"} on each line
/// images/…          PNG, named by "image" with the folder
/// ```
///
/// Questions are asked as they are; an answer is right if it is the same text, trimmed. Groups are the `task`s.
public record HrMini(Questions questions) implements FileTask {
    /// Reads the task's files, which it closes when it is closed.
    public static HrMini read(TaskFiles files) {
        return new HrMini(Questions.of(files, Entries.lines(files, Questions.OWN_FILE), entry -> sample(files, entry)));
    }

    private static Sample sample(TaskFiles files, Entry entry) {
        Map<String, String> labels = new HashMap<>();
        for (String field : List.of("kind", "style", "size_px", "thumbnail", "width", "height")) {
            entry.label(field).ifPresent(value -> labels.put(field, value));
        }
        return new Sample(
                entry.id("id"),
                entry.text("task"),
                Questions.picture(files, entry, "image", entry.text("image")),
                entry.text("question"),
                List.of(entry.text("answer")),
                List.of(),
                entry.has("evidence") ? entry.boxes("evidence", false) : List.of(),
                labels);
    }

    @Override
    public String name() {
        return "hr-mini";
    }

    @Override
    public int maxTokens() {
        return 16;
    }

    @Override
    public double score(Sample sample, String answer) {
        return ExactMatch.trimmed(answer, sample.answers()) ? 1 : 0;
    }
}
