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
    /// @param budget   empty for the method's own default, which may be none
    /// @param settings names and values that override the preset; see each method's page
    public record Request(Optional<Preset> preset, Optional<Budget> budget, Map<String, String> settings) {
        public Request(Optional<Preset> preset, Budget budget, Map<String, String> settings) {
            this(preset, Optional.of(budget), settings);
        }

        /// Everything as the method has it.
        public static Request standard() {
            return new Request(Optional.empty(), Optional.empty(), Map.of());
        }

        /// The method's default preset with a budget and nothing overridden.
        public static Request of(Budget budget) {
            return new Request(Optional.empty(), budget, Map.of());
        }
    }

    /// What users read of a method and how it is made.
    private record Entry(String summary, Function<Choices, TokenReduction> method) {}

    /// One registration line a method.
    private static final Map<String, Entry> METHODS = new TreeMap<>(Map.ofEntries(
            entry("none", "every visual token", _ -> new NoReduction()),
            entry("hired", "class attention within a fixed budget", c -> new HiRed(HiRedSettings.from(c))),
            entry("prumerge", "outliers of class attention, neighbours merged in", c -> PruMerge.from(c, false)),
            entry("prumerge+", "prumerge and a regular sample", c -> PruMerge.from(c, true)),
            entry("tokencorr", "as many as are unlike each other (reconstructed)", TokenCorrelation::from),
            entry("fastv", "dropped inside the decoder, by the question's attention", FastV::from),
            entry("flexattention", "high-resolution tokens shown where attention falls", FlexAttention::from),
            entry("random", "control: a random choice", RandomTokens::from),
            entry("stride", "control: every n-th token", StrideTokens::from),
            entry("pool", "control: averages of neighbours", c -> PooledTokens.from(c, false)),
            entry("thumbnail", "control: the base tile alone", c -> PooledTokens.from(c, true))));

    private static Map.Entry<String, Entry> entry(
            String name, String summary, Function<Choices, TokenReduction> method) {
        return Map.entry(name, new Entry(summary, method));
    }

    /// The names of all methods.
    public static List<String> names() {
        return List.copyOf(METHODS.keySet());
    }

    /// What a method does, in a few words for a help text.
    public static String summary(String name) {
        return entry(name).summary;
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
        return entry(name).method.apply(choices);
    }

    private static Entry entry(String name) {
        Entry entry = METHODS.get(name);
        if (entry == null) {
            throw new IllegalArgumentException(
                    "method: expected one of " + String.join(", ", names()) + ", found " + name);
        }
        return entry;
    }
}
