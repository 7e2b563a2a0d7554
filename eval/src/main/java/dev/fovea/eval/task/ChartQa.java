package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.score.RelaxedAccuracy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// ChartQA, test: 1250 questions by people and 1250 by a model about charts, scored by relaxed accuracy.
///
/// ```
/// test_human.json, test_augmented.json   [{"imgname", "query", "label"}…]
/// png/IMGNAME                            as published
/// ```
///
/// or the same entries as lines of `questions.jsonl` with a field `type`, `human` or `augmented`, and pictures also
/// below `images/`. Groups are the two types.
public record ChartQa(Questions questions) implements FileTask {
    private static final List<String> TYPES = List.of("human", "augmented");
    private static final String SUFFIX = "Answer the question with a single word.";

    /// Reads the task's files, which it closes when it is closed.
    public static ChartQa read(TaskFiles files) {
        List<Questions.Read> read = new ArrayList<>();
        if (files.has(Questions.OWN_FILE)) {
            for (Entry entry : Entries.lines(files, Questions.OWN_FILE)) {
                read.add(new Questions.Read(entry, sample(files, entry, type(entry))));
            }
        } else {
            for (String type : TYPES) {
                for (Entry entry : Entries.document(files, "test_" + type + ".json", "data")) {
                    read.add(new Questions.Read(entry, sample(files, entry, type)));
                }
            }
        }
        return new ChartQa(Questions.of(files, read));
    }

    private static String type(Entry entry) {
        String type = entry.text("type");
        if (!TYPES.contains(type)) {
            throw entry.wrong("type", "human or augmented", type);
        }
        return type;
    }

    private static Sample sample(TaskFiles files, Entry entry, String type) {
        String picture = entry.text("imgname");
        return new Sample(
                type + "-" + entry.number(),
                type,
                Questions.picture(files, entry, "imgname", "png/" + picture, picture),
                Questions.ask(entry.text("query"), SUFFIX),
                List.of(entry.text("label")),
                List.of(),
                List.of(),
                Map.of());
    }

    @Override
    public String name() {
        return "chartqa";
    }

    @Override
    public int maxTokens() {
        return 16;
    }

    @Override
    public double score(Sample sample, String answer) {
        return RelaxedAccuracy.correct(answer.strip(), sample.answers().getFirst()) ? 1 : 0;
    }

    @Override
    public List<String> notes() {
        return List.of("A percentage and the bare number are different answers; the published rule has it so.");
    }
}
