package dev.fovea.cli.options;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Preset;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The options that say which visual tokens stay.
public final class MethodChoices {
    @Option(
            names = "--method",
            paramLabel = "M",
            completionCandidates = Names.class,
            description = {
                "Which visual tokens stay: ${COMPLETION-CANDIDATES}; none keeps all (default).",
                "Two with a comma between combine: a vision-side method, then a decoder-side one."
            })
    private String method = "none";

    @Option(
            names = "--preset",
            paramLabel = "P",
            description = "A method's settings: paper (as described) or reference (as the authors' code does it).")
    private Optional<Preset> preset = Optional.empty();

    @Option(
            names = "--budget",
            paramLabel = "B",
            description = "How many visual tokens may stay: a rate such as 0.2, or a number such as 576. "
                    + "Default: 0.2; thumbnail: the whole base tile; flexattention: none.")
    private Optional<String> budget = Optional.empty();

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Changes one setting of the method; repeat it for more.")
    private Map<String, String> settings = new LinkedHashMap<>();

    /// The names that `--method` takes, for the help.
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Reductions.names().iterator();
        }
    }

    /// A method as a user describes it.
    public record Choice(
            String method, Optional<Preset> preset, Optional<String> budget, Map<String, String> settings) {
        public TokenReduction reduction() {
            return Reductions.named(method, new Reductions.Request(preset, budget.map(Budget::parse), settings));
        }

        /// Another method with the same budget.
        public Choice withMethod(String name) {
            return new Choice(name, Optional.empty(), budget, Map.of());
        }

        public Choice withBudget(String tokens) {
            return new Choice(method, preset, Optional.of(tokens), settings);
        }
    }

    public Choice choice() {
        return new Choice(method, preset, budget, settings);
    }

    /// The chosen method.
    public TokenReduction reduction() {
        return choice().reduction();
    }
}
