package dev.fovea.engine.reduce;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// Every method by the name under which users choose it.
public final class Reductions {
    private Reductions() {}

    /// What a user asked of a method.
    ///
    /// @param settings names and values that override the preset; see each method's page
    public record Request(Preset preset, Budget budget, Map<String, String> settings) {
        /// The paper's preset with a budget and nothing overridden.
        public static Request of(Budget budget) {
            return new Request(Preset.PAPER, budget, Map.of());
        }
    }

    /// One registration line a method.
    private static final Map<String, Function<Choices, TokenReduction>> METHODS = new TreeMap<>(Map.of(
            "none", _ -> new NoReduction(),
            "hired", choices -> new HiRed(HiRedSettings.from(choices)),
            "random", choices -> new RandomTokens(choices.budget(), choices.wholeNumber("seed", 0)),
            "stride", choices -> new StrideTokens(choices.budget()),
            "pool", choices -> new PooledTokens(choices.budget(), false),
            "thumbnail", choices -> new PooledTokens(choices.budget(), true)));

    /// The names of all methods.
    public static List<String> names() {
        return List.copyOf(METHODS.keySet());
    }

    /// A method by name. Unknown names and settings are errors that list what there is.
    public static TokenReduction named(String name, Request request) {
        Function<Choices, TokenReduction> method = METHODS.get(name);
        if (method == null) {
            throw new IllegalArgumentException("method: expected one of " + String.join(", ", names()) + ", found " + name);
        }
        Choices choices = new Choices(name, request);
        TokenReduction reduction = method.apply(choices);
        choices.requireAllRead();
        return reduction;
    }
}
