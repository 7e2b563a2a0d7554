package dev.fovea.bench;

import java.util.Map;
import java.util.TreeMap;

/// What a benchmark is called with: `name=value …`, each name one that has a default.
final class Options {
    private final Map<String, String> values;

    private Options(Map<String, String> values) {
        this.values = values;
    }

    /// @throws IllegalArgumentException that names the argument and the names there are
    static Options of(Map<String, String> defaults, String[] args) {
        Map<String, String> values = new TreeMap<>(defaults);
        for (String arg : args) {
            String[] parts = arg.split("=", 2);
            if (parts.length < 2 || values.replace(parts[0], parts[1]) == null) {
                throw new IllegalArgumentException(
                        "expected name=value with a name of " + values.keySet() + ", found " + arg);
            }
        }
        return new Options(values);
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no option " + name);
        }
        return value;
    }

    int number(String name) {
        return Integer.parseInt(text(name));
    }
}
