package dev.fovea.eval.file;

import dev.fovea.engine.file.Json;
import dev.fovea.eval.Box;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// One JSON object of a question file, and where it stands. Reading a field checks its type.
public final class Entry {
    /// Choices, answers and boxes of one question; the longest list in use is OCR tokens, some hundreds.
    static final int MAX_ITEMS = 10_000;

    private final String place;
    private final int number;
    private final JsonNode node;

    /// @param place  such as `questions.jsonl, line 3`
    /// @param number which entry of its file it is, from 1
    Entry(String place, int number, JsonNode node) {
        this.place = place;
        this.number = number;
        this.node = node;
        if (!node.isObject()) {
            throw new TaskFormatException(place, "a JSON object", Json.kind(node));
        }
    }

    public String place() {
        return place;
    }

    /// Which entry of its file it is, from 1; an id where a published file has none.
    public int number() {
        return number;
    }

    /// Whether the field is there and not null.
    public boolean has(String field) {
        return !node.path(field).isMissingNode() && !node.path(field).isNull();
    }

    /// A text with something in it.
    public String text(String field) {
        JsonNode value = node.path(field);
        if (!value.isString() || value.stringValue().isBlank()) {
            throw wrong(field, "text", value);
        }
        return value.stringValue();
    }

    /// A text that may be absent, null or empty, all of which give none.
    public Optional<String> optionalText(String field) {
        JsonNode value = node.path(field);
        if (!has(field) || value.isString() && value.stringValue().isBlank()) {
            return Optional.empty();
        }
        return Optional.of(text(field));
    }

    /// A text or a whole number, as text: published files are of two minds about ids.
    public String id(String field) {
        JsonNode value = node.path(field);
        return value.isIntegralNumber() ? value.asString() : text(field);
    }

    /// A whole number from 0 to `max`.
    public long whole(String field, long max) {
        JsonNode value = node.path(field);
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < 0
                || value.longValue() > max) {
            throw wrong(field, "a whole number from 0 to " + max, value);
        }
        return value.longValue();
    }

    /// A number or a boolean, as text; anything of a few characters that a report may show.
    public Optional<String> label(String field) {
        JsonNode value = node.path(field);
        if (!has(field)) {
            return Optional.empty();
        }
        if (!value.isNumber() && !value.isBoolean() && !value.isString()) {
            throw wrong(field, "text, a number or a truth value", value);
        }
        return Optional.of(value.asString());
    }

    /// At least one text; a single text stands for a list of one.
    public List<String> texts(String field) {
        JsonNode value = node.path(field);
        if (value.isString()) {
            return List.of(text(field));
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode item : items(field)) {
            if (!item.isString()) {
                throw wrong(field, "a list of texts", item);
            }
            texts.add(item.stringValue());
        }
        if (texts.isEmpty()) {
            throw wrong(field, "a list with something in it", value);
        }
        return texts;
    }

    /// A list of four numbers each, possibly empty.
    ///
    /// @param sized whether the last two are width and height instead of right and bottom
    public List<Box> boxes(String field, boolean sized) {
        List<Box> boxes = new ArrayList<>();
        for (JsonNode item : items(field)) {
            if (!item.isArray() || item.size() != 4) {
                throw wrong(field, "lists of 4 numbers", item);
            }
            double[] v = new double[4];
            for (int i = 0; i < 4; i++) {
                if (!item.path(i).isNumber()) {
                    throw wrong(field, "lists of 4 numbers", item.path(i));
                }
                v[i] = item.path(i).doubleValue();
            }
            boxes.add(box(field, sized ? new double[] {v[0], v[1], v[0] + v[2], v[1] + v[3]} : v));
        }
        return boxes;
    }

    /// The fault that `field` of this entry is not what was `expected`.
    public TaskFormatException wrong(String field, String expected, String found) {
        return new TaskFormatException(place + ", field " + field, expected, found);
    }

    private TaskFormatException wrong(String field, String expected, JsonNode found) {
        boolean leaf = found.isValueNode() && !found.isNull();
        return wrong(field, expected, leaf ? Json.kind(found) + " " + found : Json.kind(found));
    }

    private JsonNode items(String field) {
        JsonNode value = node.path(field);
        if (!value.isArray()) {
            throw wrong(field, "a list", value);
        }
        if (value.size() > MAX_ITEMS) {
            throw wrong(field, "at most " + MAX_ITEMS + " items", value.size() + " items");
        }
        return value;
    }

    private Box box(String field, double[] v) { // [left, top, right, bottom]
        try {
            return new Box(v[0], v[1], v[2], v[3]);
        } catch (IllegalArgumentException e) {
            throw wrong(field, "a box inside a picture", String.valueOf(e.getMessage()));
        }
    }
}
