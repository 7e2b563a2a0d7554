package dev.fovea.eval.task;

import dev.fovea.eval.Metric;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Scored;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.OcrBenchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// OCRBench: 1000 questions about text in pictures of ten kinds; a hit is a gold text inside the answer.
///
/// ```
/// OCRBench.json or FullTest.json   [{"dataset_name", "type", "id", "question", "image_path", "answers"}…]
/// the pictures                     where "image_path" says
/// ```
///
/// or the same entries as lines of `questions.jsonl`, with pictures also below `images/`. The question is asked as it
/// is. Groups are the types.
public record OcrBench(Questions questions) implements FileTask {
    private static final String DATASET = "dataset";
    private static final String RECOGNITION = "Recognition";
    private static final String FORMULAS = "Handwritten Mathematical Expression Recognition";

    /// Reads the task's files, which it closes when it is closed.
    public static OcrBench read(TaskFiles files) {
        List<Entry> entries = Questions.entries(files, "data", "OCRBench.json", "FullTest.json");
        return new OcrBench(Questions.of(files, entries, entry -> sample(files, entry)));
    }

    private static Sample sample(TaskFiles files, Entry entry) {
        String path = entry.text("image_path");
        String picture = path.startsWith("./") ? path.substring(2) : path;
        return new Sample(
                "" + entry.number(), // the published ids start anew with every data set
                entry.text("type"),
                Questions.picture(files, entry, "image_path", picture),
                entry.text("question").strip(),
                entry.texts("answers"),
                List.of(),
                List.of(),
                Map.of(DATASET, entry.text("dataset_name")));
    }

    @Override
    public String name() {
        return "ocrbench";
    }

    @Override
    public int maxTokens() {
        return 128;
    }

    @Override
    public double score(Sample sample, String answer) {
        OcrBenchRule rule = OcrBenchRule.of(sample.labels().getOrDefault(DATASET, ""));
        return rule.hit(answer, sample.answers()) ? 1 : 0;
    }

    /// Hits, of 1000 in the whole benchmark; those of all text recognition; then each type's share.
    @Override
    public List<Metric> metrics(List<Scored> scored) {
        List<Metric> metrics = new ArrayList<>();
        metrics.add(hits("hits", scored));
        metrics.add(hits(
                "text recognition hits",
                scored.stream()
                        .filter(one -> isTextRecognition(one.sample().group()))
                        .toList()));
        metrics.addAll(FileTask.super.metrics(scored));
        return metrics;
    }

    private static boolean isTextRecognition(String type) {
        return type.endsWith(RECOGNITION) && !type.equals(FORMULAS);
    }

    private static Metric hits(String name, List<Scored> scored) {
        double hits = scored.stream().mapToDouble(Scored::score).sum();
        Metric share = Metric.share(name, hits, scored.size());
        double scale = scored.size() / 100.0;
        return new Metric(name, hits, share.low() * scale, share.high() * scale, scored.size());
    }
}
