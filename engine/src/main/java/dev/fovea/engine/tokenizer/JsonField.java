package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.Json;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.SmallFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// One value of a JSON file that knows its place, so that a complaint about it can name file and place.
record JsonField(Path file, Place place, JsonNode node) {
    /// The way from the top of the file to a value, put into words only when needed: files have many values.
    ///
    /// @param name of a field, or empty for an item, which has an index
    record Place(@Nullable Place parent, String name, int index) {
        static final Place TOP = new Place(null, "", 0);

        @Override
        public String toString() {
            if (parent == null) {
                return "";
            }
            String before = parent.toString();
            return before + (name.isEmpty() ? "[" + index + "]" : (before.isEmpty() ? "" : ".") + name);
        }
    }

    /// How much of a wrong value an error quotes.
    private static final int QUOTED_CHARS = 80;

    static JsonField read(SmallFiles files, String name) {
        Path file = files.path(name);
        return of(file, Json.parse(files.read(name, Json.MAX_BYTES), file));
    }

    static JsonField of(Path file, JsonNode node) {
        return new JsonField(file, Place.TOP, node);
    }

    /// The field of that name; absent if there is none or this is no object.
    JsonField at(String name) {
        JsonNode child = node.get(name);
        return field(name, child == null ? MissingNode.getInstance() : child);
    }

    private JsonField field(String name, JsonNode value) {
        return new JsonField(file, new Place(place, name, 0), value);
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
            items.add(new JsonField(file, new Place(place, "", items.size()), item));
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
            fields.put(name, field(name, field.getValue()));
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
        return new ModelFormatException(file, (place.parent() == null ? "" : place + " to be ") + expected, found);
    }

    private String wellFormed(String text) {
        if (!text.equals(Tokenizer.wellFormed(text))) {
            throw unexpected("text", "half a surrogate pair");
        }
        return text;
    }
}
