package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.file.Entries;
import dev.fovea.eval.file.Entry;
import dev.fovea.eval.file.TaskFiles;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// The questions of a task, those about one picture next to each other, and the files that they came from.
public record Questions(TaskFiles files, List<Sample> samples) {
    /// The file of questions in our own layout, which every task takes.
    static final String OWN_FILE = "questions.jsonl";

    /// The folder of pictures in our own layout.
    static final String OWN_FOLDER = "images/";

    static final String SHORT_ANSWER = "Answer the question using a single word or phrase.";
    static final String LETTER = "Answer with the option's letter from the given choices directly.";

    public Questions {
        samples = List.copyOf(samples);
    }

    /// A sample and the entry that it was read from.
    record Read(Entry entry, Sample sample) {}

    /// Makes each entry a sample; ids must differ.
    static Questions of(TaskFiles files, List<Entry> entries, Function<Entry, Sample> reader) {
        return of(
                files,
                entries.stream()
                        .map(entry -> new Read(entry, reader.apply(entry)))
                        .toList());
    }

    /// Puts samples in order; ids must differ.
    static Questions of(TaskFiles files, List<Read> read) {
        Set<String> ids = new HashSet<>();
        Map<String, List<Sample>> byPicture = new LinkedHashMap<>();
        for (Read one : read) {
            Sample sample = one.sample();
            if (!ids.add(sample.id())) {
                throw one.entry().wrong("id", "one that no other question has", '"' + sample.id() + '"');
            }
            byPicture.computeIfAbsent(sample.image(), _ -> new ArrayList<>()).add(sample);
        }
        return new Questions(
                files, byPicture.values().stream().flatMap(List::stream).toList());
    }

    /// The entries of [#OWN_FILE] where that exists, else those of the first list of `published` that does.
    ///
    /// @param field where the published document is an object, its list of questions
    static List<Entry> entries(TaskFiles files, String field, String... published) {
        if (!files.has(OWN_FILE)) {
            for (String name : published) {
                if (files.has(name)) {
                    return Entries.document(files, name, field);
                }
            }
        }
        return Entries.lines(files, OWN_FILE);
    }

    /// The first of `candidates` that is a file; each is also tried inside [#OWN_FOLDER].
    static String picture(TaskFiles files, Entry entry, String field, String... candidates) {
        for (String candidate : candidates) {
            TaskFiles.requirePlain(entry.place() + ", field " + field, candidate);
            if (files.has(candidate)) {
                return candidate;
            }
            if (files.has(OWN_FOLDER + candidate)) {
                return OWN_FOLDER + candidate;
            }
        }
        throw entry.wrong(
                field,
                "the name of a picture's file",
                "no file " + String.join(" nor ", candidates) + " in " + files.path());
    }

    /// `question` and the instruction below it, unless it ends with that already.
    static String ask(String question, String suffix) {
        String bare = question.strip();
        return bare.endsWith(suffix) ? bare : bare + "\n" + suffix;
    }

    byte[] image(String name) {
        return files.read(name, TaskFiles.MAX_IMAGE_BYTES);
    }
}
