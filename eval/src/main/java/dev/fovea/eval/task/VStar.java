package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// V* Bench by likelihood, its authors' protocol: which of the options does the model find likeliest?
///
/// ```
/// direct_attributes/X.json, relative_position/X.json   {"target_object": [texts], "bbox": [[x, y, w, h]…],
///                                                       "question", "options": [texts, the right one first]}
/// direct_attributes/X.jpg, …                           as published
/// ```
///
/// or the same entries as lines of `questions.jsonl` with the fields `image` and `category` besides. Groups are the
/// two kinds; the headline is over all questions. The question is asked as it is.
public record VStar(Questions questions) implements FileTask {
    static final List<String> KINDS = List.of("direct_attributes", "relative_position");
    private static final String DOCUMENT = ".json";

    /// Reads the task's files, which it closes when it is closed.
    public static VStar read(TaskFiles files) {
        List<Questions.Read> read = new ArrayList<>();
        boolean published = !files.has(Questions.OWN_FILE);
        for (String kind : published ? KINDS : List.<String>of()) {
            for (String name : files.names(kind)) {
                if (name.endsWith(DOCUMENT)) {
                    String stem = kind + "/" + name.substring(0, name.length() - DOCUMENT.length());
                    Entry entry = Entries.single(files, kind + "/" + name);
                    String picture = Questions.picture(files, entry, "image", stem + ".jpg", stem + ".png");
                    read.add(new Questions.Read(entry, sample(entry, stem, kind, picture)));
                }
            }
        }
        if (read.isEmpty()) { // also to say that the file is missing where no folder has questions
            for (Entry entry : Entries.lines(files, Questions.OWN_FILE)) {
                String image = entry.text("image");
                String picture = Questions.picture(files, entry, "image", image);
                read.add(new Questions.Read(entry, sample(entry, image, kind(entry), picture)));
            }
        }
        return new VStar(Questions.of(files, read));
    }

    static String kind(Entry entry) {
        String kind = entry.text("category");
        if (!KINDS.contains(kind)) {
            throw entry.wrong("category", String.join(" or ", KINDS), kind);
        }
        return kind;
    }

    private static Sample sample(Entry entry, String id, String kind, String picture) {
        List<String> options = entry.texts("options");
        if (options.size() < 2) {
            throw entry.wrong("options", "at least 2 options", options.size() + "");
        }
        return new Sample(
                id,
                kind,
                picture,
                entry.text("question").strip(),
                List.of(options.getFirst()),
                options,
                entry.boxes("bbox", true),
                Map.of("target", String.join(", ", entry.texts("target_object"))));
    }

    @Override
    public String name() {
        return "vstar";
    }

    /// Room for the longest option; nothing is generated.
    @Override
    public int maxTokens() {
        return 64;
    }

    @Override
    public boolean byLikelihood() {
        return true;
    }

    @Override
    public double score(Sample sample, String answer) {
        return answer.equals(sample.answers().getFirst()) ? 1 : 0;
    }

    @Override
    public List<String> notes() {
        return List.of(
                "By likelihood: the option with the lowest mean loss, the closing token included, given the bare"
                        + " question; the first of equals, which is the right one.",
                "The headline is the accuracy over all questions, not the mean of the two kinds.");
    }
}
