package dev.fovea.engine.reduce;

import java.util.LinkedHashMap;
import java.util.Map;

/// Settings in the order in which reports print them.
public final class Settings {
    private Settings() {}

    /// A map of alternating names and values that keeps their order.
    public static Map<String, Object> ordered(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }
}
