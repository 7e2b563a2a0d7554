package dev.fovea.cli.report;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.TokenReduction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A method and its settings, for JSON and for people.
public final class MethodReport {
    private static final String BUDGET = "budget";
    private static final String PRESET = "preset";

    private MethodReport() {}

    /// `name`, `preset` (null where the method has none), then every setting.
    public static ObjectNode json(TokenReduction reduction) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        Map<String, Object> settings = reduction.settings();
        json.put("name", reduction.name());
        json.putPOJO(PRESET, settings.get(PRESET));
        settings.forEach((name, value) -> {
            if (!name.equals(PRESET)) {
                json.putPOJO(name, number(name, value));
            }
        });
        return json;
    }

    /// Budgets are numbers in JSON: below or equal to 1 with a decimal point a rate, whole a number of tokens.
    private static Object number(String name, Object value) {
        if (value instanceof Map<?, ?> settings) {
            Map<String, Object> numbers = new java.util.LinkedHashMap<>();
            settings.forEach((key, each) -> numbers.put((String) key, number((String) key, each)));
            return numbers;
        }
        if (!name.equals(BUDGET) || !(value instanceof String text)) {
            return value;
        }
        return switch (Budget.parse(text)) {
            case Budget.Rate(double rate) -> (Object) rate;
            case Budget.Tokens(int tokens) -> tokens;
        };
    }

    /// The name with every setting, such as `hired (preset paper, budget 0.2, …)`.
    public static String text(TokenReduction reduction) {
        String settings = settings(reduction);
        return settings.isEmpty() ? reduction.name() : reduction.name() + " (" + settings + ")";
    }

    /// The settings, such as `preset paper, budget 0.2`.
    public static String settings(TokenReduction reduction) {
        return list(reduction.settings());
    }

    private static String list(Map<?, ?> settings) {
        List<String> parts = new ArrayList<>();
        settings.forEach((name, value) ->
                parts.add(value instanceof Map<?, ?> inner ? name + " (" + list(inner) + ")" : name + " " + value));
        return String.join(", ", parts);
    }

    /// The budget that bears on a method's result; empty for methods that have none.
    public static Optional<Budget> budget(TokenReduction reduction) {
        return budget(reduction.settings());
    }

    private static Optional<Budget> budget(Map<?, ?> settings) {
        if (settings.get(BUDGET) instanceof String text) {
            return Optional.of(Budget.parse(text));
        }
        return settings.values().stream()
                .filter(Map.class::isInstance)
                .map(inner -> budget((Map<?, ?>) inner))
                .flatMap(Optional::stream)
                .findFirst();
    }
}
