package dev.fovea.eval.task;

import dev.fovea.eval.Metric;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Scored;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.YesNoCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// POPE: is there such a thing in the picture? Three splits of 3000 questions, scored by LLaVA's rule.
///
/// ```
/// coco_pope_random.json, coco_pope_popular.json, coco_pope_adversarial.json
///               {"question_id", "image", "text", "label": "yes" or "no"} on each line, in spite of the name
/// val2014/…     as published
/// ```
///
/// or the same entries as lines of `questions.jsonl` with a field `category`, and pictures also below `images/`.
/// Groups are the splits. The short-answer instruction is added where the text does not end with it.
public record Pope(Questions questions) implements FileTask {
    private static final List<String> SPLITS = List.of("random", "popular", "adversarial");

    /// Reads the task's files, which it closes when it is closed.
    public static Pope read(TaskFiles files) {
        List<Questions.Read> read = new ArrayList<>();
        if (files.has(Questions.OWN_FILE)) {
            for (Entry entry : Entries.lines(files, Questions.OWN_FILE)) {
                read.add(new Questions.Read(entry, sample(files, entry, entry.text("category"))));
            }
        } else {
            for (String split : SPLITS) {
                for (Entry entry : Entries.lines(files, "coco_pope_" + split + ".json")) {
                    read.add(new Questions.Read(entry, sample(files, entry, split)));
                }
            }
        }
        return new Pope(Questions.of(files, read));
    }

    private static Sample sample(TaskFiles files, Entry entry, String split) {
        String label = entry.text("label");
        if (!label.equals("yes") && !label.equals("no")) {
            throw entry.wrong("label", "yes or no", label);
        }
        String picture = entry.text("image");
        return new Sample(
                split + "-" + entry.id("question_id"), // the splits count from 1 each
                split,
                Questions.picture(files, entry, "image", picture, "val2014/" + picture),
                Questions.ask(entry.text("text"), Questions.SHORT_ANSWER),
                List.of(label),
                List.of(),
                List.of(),
                Map.of());
    }

    @Override
    public String name() {
        return "pope";
    }

    @Override
    public int maxTokens() {
        return 128;
    }

    @Override
    public double score(Sample sample, String answer) {
        return YesNoCounts.saysYes(answer) == goldYes(sample) ? 1 : 0;
    }

    /// Mean F1 of the splits, which papers call POPE; then each split's numbers.
    @Override
    public List<Metric> metrics(List<Scored> scored) {
        Map<String, YesNoCounts> splits = new TreeMap<>();
        for (Scored one : scored) {
            boolean said = YesNoCounts.saysYes(one.answer());
            YesNoCounts before = splits.getOrDefault(one.sample().group(), YesNoCounts.NONE);
            splits.put(one.sample().group(), before.with(goldYes(one.sample()), said));
        }
        List<Metric> metrics = new ArrayList<>();
        metrics.add(percent("f1", YesNoCounts.meanF1(List.copyOf(splits.values())), scored.size()));
        splits.forEach((split, counts) -> {
            int n = counts.total();
            metrics.add(percent("f1 " + split, counts.f1(), n));
            metrics.add(Metric.share("accuracy " + split, counts.truePositive() + counts.trueNegative(), n));
            metrics.add(percent("precision " + split, counts.precision(), n));
            metrics.add(percent("recall " + split, counts.recall(), n));
            metrics.add(Metric.share("yes " + split, counts.truePositive() + counts.falsePositive(), n));
        });
        return metrics;
    }

    private static Metric percent(String name, double share, int count) {
        return new Metric(name, 100 * share, 100 * share, 100 * share, count);
    }

    private static boolean goldYes(Sample sample) {
        return sample.answers().getFirst().equals("yes");
    }

    @Override
    public List<String> notes() {
        return List.of(
                "LLaVA's rule: an answer is yes unless its first sentence has No, no or not as a word. The headline"
                        + " is the mean F1 of the splits.");
    }
}
