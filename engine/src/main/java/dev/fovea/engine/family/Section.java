package dev.fovea.engine.family;

import dev.fovea.engine.file.Json;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.UnsupportedModelException;
import dev.fovea.kernel.Activation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// One JSON object of a config file, read key by key with types and ranges checked.
///
/// An absent key gives its default. `null` is a wrong value like any other, except where a method says otherwise.
final class Section {
    private static final Map<String, Activation> ACTIVATIONS = Map.of(
            "gelu", Activation.GELU_ERF,
            "gelu_new", Activation.GELU_TANH,
            "gelu_pytorch_tanh", Activation.GELU_TANH,
            "quick_gelu", Activation.QUICK_GELU,
            "silu", Activation.SILU,
            "swish", Activation.SILU);

    private final Path file;
    private final String prefix;
    private final JsonNode node;

    private Section(Path file, String prefix, JsonNode node) {
        this.file = file;
        this.prefix = prefix;
        this.node = node;
    }

    /// The object that is the whole of `file`.
    static Section whole(Path file, JsonNode node) {
        if (!node.isObject()) {
            throw new ModelFormatException(file, "a JSON object", Json.kind(node));
        }
        return new Section(file, "", node);
    }

    /// The object under `key`; empty if absent or null.
    Optional<Section> section(String key) {
        JsonNode child = node.path(key);
        if (child.isMissingNode() || child.isNull()) {
            return Optional.empty();
        }
        if (!child.isObject()) {
            throw refusal(key, "an object");
        }
        return Optional.of(new Section(file, prefix + key + ".", child));
    }

    /// This section with null meaning absent, as image processors have it.
    Section withoutNulls() {
        ObjectNode kept = JsonMapper.shared().createObjectNode();
        node.forEachEntry((key, value) -> {
            if (!value.isNull()) {
                kept.set(key, value);
            }
        });
        return new Section(file, prefix, kept);
    }

    boolean has(String key) {
        return node.has(key);
    }

    /// Whether `key` is there and not null.
    boolean hasValue(String key) {
        return node.hasNonNull(key);
    }

    /// The value under `key` as it is, missing or null included.
    JsonNode value(String key) {
        return node.path(key);
    }

    int size(String key, int fallback, int max) {
        return node.has(key) ? integer(node.path(key), key, 1, max) : fallback;
    }

    int integer(String key, int fallback, int min, int max) {
        return node.has(key) ? integer(node.path(key), key, min, max) : fallback;
    }

    /// A whole number; empty if absent or null.
    OptionalInt optionalInteger(String key, int min, int max) {
        return hasValue(key) ? OptionalInt.of(integer(node.path(key), key, min, max)) : OptionalInt.empty();
    }

    /// A whole number or a list of them; empty if absent or null.
    List<Integer> integers(String key, int min, int max) {
        List<Integer> values = new ArrayList<>();
        if (hasValue(key)) {
            JsonNode value = node.path(key);
            for (JsonNode element : value.isArray() ? value : List.of(value)) {
                values.add(integer(element, key, min, max));
            }
        }
        return values;
    }

    double number(String key, double fallback, double min, double max) {
        return node.has(key) ? number(node.path(key), key, min, max) : fallback;
    }

    /// Three numbers, one for each colour channel; a single number stands for three.
    List<Double> channels(String key, List<Double> fallback, double min, double max) {
        if (!node.has(key)) {
            return fallback;
        }
        JsonNode value = node.path(key);
        List<Double> channels = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            channels.add(number(value.isArray() ? value.path(i) : value, key, min, max));
        }
        if (value.isArray() && value.size() != 3) {
            throw refusal(key, "three numbers");
        }
        return List.copyOf(channels);
    }

    boolean flag(String key, boolean fallback) {
        if (!node.has(key)) {
            return fallback;
        }
        if (!node.path(key).isBoolean()) {
            throw refusal(key, "true or false");
        }
        return node.path(key).booleanValue();
    }

    /// A string; `fallback` if absent or null.
    String text(String key, String fallback) {
        if (!hasValue(key)) {
            return fallback;
        }
        if (!node.path(key).isString()) {
            throw refusal(key, "a string");
        }
        return node.path(key).stringValue();
    }

    Activation activation(String key, String fallback) {
        Activation activation = ACTIVATIONS.get(text(key, fallback));
        if (activation == null) {
            throw unsupported(key, "gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, silu");
        }
        return activation;
    }

    /// The refusal of what is under `key` where `expected` should be.
    ModelFormatException refusal(String key, String expected) {
        return new ModelFormatException(file, prefix + key + " as " + expected, found(key));
    }

    /// The refusal of a sound value that is not served.
    UnsupportedModelException unsupported(String key, String supported) {
        return new UnsupportedModelException(file, prefix + key + " = " + found(key), supported);
    }

    private String found(String key) {
        JsonNode value = node.path(key);
        return value.isMissingNode() ? "nothing" : value.toString();
    }

    private int integer(JsonNode value, String key, int min, int max) {
        boolean fits = value.isIntegralNumber() && value.canConvertToInt();
        if (!fits || value.intValue() < min || value.intValue() > max) {
            throw refusal(key, "a whole number from " + min + " to " + max);
        }
        return value.intValue();
    }

    private double number(JsonNode value, String key, double min, double max) {
        double number = value.isNumber() ? value.doubleValue() : Double.NaN;
        if (!(number >= min && number <= max)) {
            throw refusal(key, "a number from " + min + " to " + max);
        }
        return number;
    }
}
