package dev.fovea.eval.task;

import dev.fovea.eval.Task;
import dev.fovea.eval.file.TaskFiles;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/// Tasks by name: `hr-mini`, or `NAME:PATH` with the folder or zip of a benchmark's files, such as
/// `textvqa:/data/textvqa`.
public final class Tasks {
    private static final String OWN = "hr-mini";
    private static final SortedMap<String, Function<TaskFiles, Task>> READERS = readers();

    private Tasks() {}

    /// The names that [#open] knows, sorted.
    public static List<String> names() {
        return List.copyOf(READERS.keySet());
    }

    /// Opens a task; the caller closes it.
    ///
    /// @param spec   a name, with a path after a colon except for `hr-mini`, where a path is a choice
    /// @param hrMini where the HR-Mini that comes along is
    public static Task open(String spec, Optional<Path> hrMini) {
        int colon = spec.indexOf(':');
        String name = colon < 0 ? spec : spec.substring(0, colon);
        Function<TaskFiles, Task> reader = READERS.get(name);
        if (reader == null) {
            throw new IllegalArgumentException(
                    "task: expected one of " + String.join(", ", names()) + ", found " + name);
        }
        TaskFiles files = TaskFiles.open(path(name, colon < 0 ? "" : spec.substring(colon + 1), hrMini));
        try {
            return reader.apply(files);
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    private static Path path(String name, String given, Optional<Path> hrMini) {
        if (given.isEmpty() && name.equals(OWN) && hrMini.isPresent()) {
            return hrMini.get();
        }
        if (given.isEmpty()) {
            throw new IllegalArgumentException(
                    "task " + name + ": expected " + name + ":PATH, a folder or zip with its files, found no path");
        }
        try {
            return Path.of(given);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("task " + name + ": expected a path, found " + given, e);
        }
    }

    private static SortedMap<String, Function<TaskFiles, Task>> readers() {
        SortedMap<String, Function<TaskFiles, Task>> readers = new TreeMap<>();
        readers.put("chartqa", ChartQa::read);
        readers.put("docvqa", DocVqa::read);
        readers.put(OWN, HrMini::read);
        readers.put("mmbench", MmBench::read);
        readers.put("mme", Mme::read);
        readers.put("ocrbench", OcrBench::read);
        readers.put("pope", Pope::read);
        readers.put("scienceqa", ScienceQa::read);
        readers.put("textvqa", files -> TextVqa.read(files, false));
        readers.put("textvqa-ocr", files -> TextVqa.read(files, true));
        readers.put("vstar", VStar::read);
        readers.put("vstar-letters", VStarLetters::read);
        return Collections.unmodifiableSortedMap(readers);
    }
}
