package dev.fovea.eval.run;

import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.ModelSource;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;

/// What a run compares.
///
/// @param models  where they lie; every method runs on each that can serve it
/// @param methods names as users write them, and `oracle`
/// @param budgets for methods that take one, as users write them
/// @param lanes   pictures that are worked on at a time, each on an engine of its own with its share of the threads
/// @param limit   pictures at most; the first ones
/// @param out     the directory of journal and report
public record EvaluationOptions(
        List<ModelSource> models,
        List<String> methods,
        List<String> budgets,
        EngineOptions engine,
        int lanes,
        int limit,
        Path out) {
    public EvaluationOptions {
        models = List.copyOf(models);
        methods = List.copyOf(methods);
        budgets = List.copyOf(budgets);
        requireOnce("models", models.stream().map(EvaluationOptions::name).toList());
        requireOnce("methods", methods);
        requireOnce("budgets", budgets);
        methods.stream()
                .filter(method -> !method.equals(Arm.ORACLE))
                .forEach(Reductions::summary); // refuses unknown ones
        budgets.forEach(Budget::parse);
        if (methods.isEmpty() || models.isEmpty()) {
            throw new IllegalArgumentException("evaluation: expected at least one model and one method, found none");
        }
        if (lanes < 1 || limit < 1) {
            throw new IllegalArgumentException(
                    "evaluation: expected at least one lane and one picture, found " + lanes + " and " + limit);
        }
    }

    /// The name under which a model is reported.
    static String name(ModelSource source) {
        return source.model().toAbsolutePath().normalize().getFileName().toString();
    }

    private static void requireOnce(String what, List<String> names) {
        if (new HashSet<>(names).size() != names.size()) {
            throw new IllegalArgumentException(what + ": expected each once, found " + String.join(", ", names));
        }
    }
}
