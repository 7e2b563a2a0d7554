package dev.fovea.eval.file;

import dev.fovea.engine.file.Json;
import dev.fovea.engine.file.ModelFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Reads question files: one JSON object a line, or one JSON document with a list of them.
public final class Entries {
    /// The largest question file that is read; VQAv2's validation annotations are 60 MB.
    static final long MAX_FILE_BYTES = 256L << 20;

    /// One question with all its answers and OCR tokens stays below 100 kB.
    static final int MAX_LINE_BYTES = 1 << 20;

    static final int MAX_ENTRIES = 1_000_000;

    private Entries() {}

    /// The objects of a file with one on each line; blank lines are passed over.
    public static List<Entry> lines(TaskFiles files, String name) {
        byte[] utf8 = files.read(name, MAX_FILE_BYTES);
        List<Entry> entries = new ArrayList<>();
        int line = 1;
        for (int begin = 0; begin < utf8.length; line++) {
            int end = begin;
            while (end < utf8.length && utf8[end] != '\n') {
                end++;
            }
            String place = files.place(name) + ", line " + line;
            if (end - begin > MAX_LINE_BYTES) {
                throw new TaskFormatException(place, "at most " + MAX_LINE_BYTES + " bytes", (end - begin) + " bytes");
            }
            if (!isBlank(utf8, begin, end)) {
                add(entries, place, parse(Arrays.copyOfRange(utf8, begin, end), place));
            }
            begin = end + 1;
        }
        return nonEmpty(entries, files, name);
    }

    /// The objects of the list that a document is, or of the list in one of its fields.
    ///
    /// @param field the field where the document is an object, such as `data`
    public static List<Entry> document(TaskFiles files, String name, String field) {
        String place = files.place(name);
        JsonNode root = parse(files.read(name, MAX_FILE_BYTES), place);
        JsonNode list = root.isObject() ? root.path(field) : root;
        if (!list.isArray()) {
            throw new TaskFormatException(place, "a list, or an object with a list " + field, Json.kind(list));
        }
        List<Entry> entries = new ArrayList<>();
        for (JsonNode node : list) {
            add(entries, place + ", entry " + (entries.size() + 1), node);
        }
        return nonEmpty(entries, files, name);
    }

    /// The one object that a document is.
    public static Entry single(TaskFiles files, String name) {
        String place = files.place(name);
        return new Entry(place, 1, parse(files.read(name, MAX_LINE_BYTES), place));
    }

    private static void add(List<Entry> entries, String place, JsonNode node) {
        if (entries.size() == MAX_ENTRIES) {
            throw new TaskFormatException(place, "at most " + MAX_ENTRIES + " questions", "more");
        }
        entries.add(new Entry(place, entries.size() + 1, node));
    }

    private static List<Entry> nonEmpty(List<Entry> entries, TaskFiles files, String name) {
        if (entries.isEmpty()) {
            throw new TaskFormatException(files.place(name), "questions", "none");
        }
        return entries;
    }

    private static JsonNode parse(byte[] utf8, String place) {
        try {
            return Json.parse(utf8, Path.of("questions"));
        } catch (ModelFormatException e) {
            String at = e.offset().isPresent() ? ", byte " + e.offset().getAsLong() : "";
            throw new TaskFormatException(place + at, e.expected(), e.found(), e);
        }
    }

    private static boolean isBlank(byte[] utf8, int begin, int end) {
        for (int i = begin; i < end; i++) {
            if (utf8[i] != ' ' && utf8[i] != '\t' && utf8[i] != '\r') {
                return false;
            }
        }
        return true;
    }
}
