package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.Json;
import dev.fovea.engine.file.ModelFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// One value of a JSON file that knows its place, so that a complaint about it can name file and place.
record JsonField(Path file, String place, JsonNode node) {
    /// How much of a wrong value an error quotes.
    private static final int QUOTED_CHARS = 80;

    static JsonField read(Path file) {
        return new JsonField(file, "", Json.read(file));
    }

    /// The field of that name; absent if there is none or this is no object.
    JsonField at(String name) {
        JsonNode child = node.get(name);
        String path = place.isEmpty() ? name : place + "." + name;
        return new JsonField(file, path, child == null ? MissingNode.getInstance() : child);
    }

    /// Whether there is a value other than `null`.
    boolean present() {
        return !node.isMissingNode() && !node.isNull();
    }

    boolean isText() {
        return node.isString();
    }

    boolean isObject() {
        return node.isObject();
    }

    boolean isArray() {
        return node.isArray();
    }

    /// A string without half surrogate pairs, which no text has.
    String text() {
        if (!node.isString()) {
            throw unexpected("a string");
        }
        return wellFormed(node.stringValue());
    }

    String textOr(String otherwise) {
        return present() ? text() : otherwise;
    }

    boolean flag(boolean otherwise) {
        if (!present()) {
            return otherwise;
        }
        if (!node.isBoolean()) {
            throw unexpected("true or false");
        }
        return node.booleanValue();
    }

    /// A token id or a count: an integer that is not negative.
    int count() {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
            throw unexpected("an integer from 0 on");
        }
        return node.intValue();
    }

    List<JsonField> items() {
        if (!node.isArray()) {
            throw unexpected("an array");
        }
        List<JsonField> items = new ArrayList<>(node.size());
        for (JsonNode item : node) {
            items.add(new JsonField(file, place + "[" + items.size() + "]", item));
        }
        return items;
    }

    Map<String, JsonField> fields() {
        if (!node.isObject()) {
            throw unexpected("an object");
        }
        Map<String, JsonField> fields = LinkedHashMap.newLinkedHashMap(node.size());
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String name = wellFormed(field.getKey());
            fields.put(name, new JsonField(file, place + "." + name, field.getValue()));
        }
        return fields;
    }

    /// Refuses an object with a field of another name: nothing in a file is ignored in silence.
    void allowOnly(String... names) {
        for (String name : fields().keySet()) {
            if (!List.of(names).contains(name)) {
                throw unexpected("only the fields " + List.of(names), "\"" + name + "\"");
            }
        }
    }

    ModelFormatException unexpected(String expected) {
        String found = present() ? node.toString() : "nothing";
        return unexpected(expected, found.length() > QUOTED_CHARS ? found.substring(0, QUOTED_CHARS) + "..." : found);
    }

    ModelFormatException unexpected(String expected, String found) {
        return new ModelFormatException(file, (place.isEmpty() ? "" : place + " to be ") + expected, found);
    }

    private String wellFormed(String text) {
        if (!text.equals(Tokenizer.wellFormed(text))) {
            throw unexpected("text", "half a surrogate pair");
        }
        return text;
    }
}
