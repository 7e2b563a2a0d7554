package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.Anls;
import java.util.List;
import java.util.Map;

/// DocVQA, validation: questions about scanned pages, scored by ANLS as lmms-eval computes it.
///
/// ```
/// val_v1.0_withQT.json or val_v1.0.json   {"data": [{"questionId", "question", "image": "documents/x.png",
///                                          "answers": [texts]}…]}
/// documents/x.png                         as published
/// ```
///
/// or the same entries as lines of `questions.jsonl`, with pictures also below `images/`. Files of InfographicVQA that
/// follow this layout work too.
public record DocVqa(Questions questions) implements FileTask {
    /// Reads the task's files, which it closes when it is closed.
    public static DocVqa read(TaskFiles files) {
        List<Entry> entries = Questions.entries(files, "data", "val_v1.0_withQT.json", "val_v1.0.json");
        return new DocVqa(Questions.of(files, entries, entry -> sample(files, entry)));
    }

    private static Sample sample(TaskFiles files, Entry entry) {
        return new Sample(
                entry.id("questionId"),
                "docvqa",
                Questions.picture(files, entry, "image", entry.text("image")),
                Questions.ask(entry.text("question"), Questions.SHORT_ANSWER),
                entry.texts("answers"),
                List.of(),
                List.of(),
                Map.of());
    }

    @Override
    public String name() {
        return "docvqa";
    }

    @Override
    public int maxTokens() {
        return 32;
    }

    @Override
    public double score(Sample sample, String answer) {
        return Anls.LMMS_EVAL.score(answer, sample.answers());
    }

    @Override
    public List<String> notes() {
        return List.of("ANLS with lmms-eval's denominator: the longer of the unprocessed texts.");
    }
}
