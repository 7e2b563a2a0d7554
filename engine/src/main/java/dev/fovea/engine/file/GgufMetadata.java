package dev.fovea.engine.file;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The keys of a GGUF file and their values, asked for by type; a key of another type is a [ModelFormatException].
public final class GgufMetadata {
    /// Longer lists are vocabularies, not settings.
    private static final int MAX_SETTING_ITEMS = 1024;

    private final Path file;
    private final Map<String, Object> values;

    GgufMetadata(Path file, Map<String, Object> values) {
        this.file = file;
        this.values = values;
    }

    /// Named in errors.
    public Path file() {
        return file;
    }

    /// In the order of the file.
    public Set<String> keys() {
        return Collections.unmodifiableSet(values.keySet());
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    public Optional<String> text(String key) {
        return as(key, String.class, "a string");
    }

    public Optional<Long> integer(String key) {
        return as(key, Long.class, "a whole number");
    }

    public Optional<Boolean> flag(String key) {
        return as(key, Boolean.class, "true or false");
    }

    /// A copy of a list of strings.
    public Optional<String[]> texts(String key) {
        return as(key, String[].class, "a list of strings").map(String[]::clone);
    }

    /// A copy of a list of numbers with a fraction.
    public Optional<double[]> numbers(String key) {
        return as(key, double[].class, "a list of numbers").map(double[]::clone);
    }

    /// A copy of a list of bytes.
    public Optional<byte[]> bytes(String key) {
        return as(key, byte[].class, "a list of bytes").map(byte[]::clone);
    }

    /// A copy of a list of whole numbers larger than bytes.
    public Optional<long[]> integers(String key) {
        return as(key, long[].class, "a list of whole numbers").map(long[]::clone);
    }

    private <T> Optional<T> as(String key, Class<T> type, String expected) {
        Object value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!type.isInstance(value)) {
            String found = value.getClass().isArray() ? "a list" : value.toString();
            throw new ModelFormatException(file, key + " as " + expected, found);
        }
        return Optional.of(type.cast(value));
    }

    /// The settings as one flat JSON object: numbers, truth values, strings and short lists of numbers.
    public JsonNode settings() {
        ObjectNode object = JsonMapper.shared().createObjectNode();
        values.forEach((key, value) -> {
            switch (value) {
                case Long number -> object.put(key, number);
                case Double number -> object.put(key, number);
                case Boolean flag -> object.put(key, flag);
                case String text -> object.put(key, text);
                case long[] numbers
                when numbers.length <= MAX_SETTING_ITEMS -> {
                    ArrayNode list = object.putArray(key);
                    for (long number : numbers) {
                        list.add(number);
                    }
                }
                case double[] numbers
                when numbers.length <= MAX_SETTING_ITEMS -> {
                    ArrayNode list = object.putArray(key);
                    for (double number : numbers) {
                        list.add(number);
                    }
                }
                default -> {}
            }
        });
        return object;
    }
}
