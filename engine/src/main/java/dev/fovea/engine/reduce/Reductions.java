package dev.fovea.engine.reduce;

import dev.fovea.engine.reduce.flex.FlexAttention;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/// Every method by the name under which users choose it.
public final class Reductions {
    private Reductions() {}

    /// What a user asked of a method.
    ///
    /// @param preset   empty for the method's own default
    /// @param settings names and values that override the preset; see each method's page
    public record Request(Optional<Preset> preset, Budget budget, Map<String, String> settings) {
        /// The method's default preset with a budget and nothing overridden.
        public static Request of(Budget budget) {
            return new Request(Optional.empty(), budget, Map.of());
        }
    }

    /// One registration line a method.
    private static final Map<String, Function<Choices, TokenReduction>> METHODS = new TreeMap<>(Map.ofEntries(
            Map.entry("none", _ -> new NoReduction()),
            Map.entry("hired", choices -> new HiRed(HiRedSettings.from(choices))),
            Map.entry("prumerge", choices -> new PruMerge(PruMergeSettings.from(choices, false))),
            Map.entry("prumerge+", choices -> new PruMerge(PruMergeSettings.from(choices, true))),
            Map.entry("fastv", FastV::from),
            Map.entry("flexattention", FlexAttention::from),
            Map.entry("random", choices -> new RandomTokens(choices.budget(), choices.wholeNumber("seed", 0))),
            Map.entry("stride", choices -> new StrideTokens(choices.budget())),
            Map.entry("pool", choices -> new PooledTokens(choices.budget(), false)),
            Map.entry("thumbnail", choices -> new PooledTokens(choices.budget(), true))));

    /// The names of all methods.
    public static List<String> names() {
        return List.copyOf(METHODS.keySet());
    }

    /// A method by name, or two by names with a comma between: a vision-side method, then a decoder-side one.
    /// Unknown names and settings, and methods that do not go together, are errors that say so.
    public static TokenReduction named(String names, Request request) {
        String[] parts = names.split(",", -1);
        if (parts.length > 2) {
            throw new IllegalArgumentException("methods: expected at most two, found " + names);
        }
        Choices choices = new Choices(names, request);
        TokenReduction reduction = parts.length == 1
                ? single(parts[0], choices)
                : new Combined(single(parts[0], choices), single(parts[1], choices));
        choices.requireAllRead();
        return reduction;
    }

    private static TokenReduction single(String name, Choices choices) {
        Function<Choices, TokenReduction> method = METHODS.get(name);
        if (method == null) {
            throw new IllegalArgumentException(
                    "method: expected one of " + String.join(", ", names()) + ", found " + name);
        }
        return method.apply(choices);
    }
}
