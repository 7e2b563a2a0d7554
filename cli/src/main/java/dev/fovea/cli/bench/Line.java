package dev.fovea.cli.bench;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Preset;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One line of the table: a method with a budget.
///
/// @param budget as the user wrote it; `-` for methods that have none
record Line(TokenReduction reduction, String budget) {

    /// Every method with every budget; methods on which a budget has no bearing once.
    static List<Line> all(List<String> methods, List<String> budgets, Optional<Preset> preset) {
        List<Line> lines = new ArrayList<>();
        Set<String> known = new HashSet<>();
        for (String method : methods) {
            for (String budget : budgets) {
                TokenReduction reduction = Reductions.named(
                        method.replace('/', ','), new Reductions.Request(preset, Budget.parse(budget), Map.of()));
                if (known.add(reduction.name() + reduction.settings())) {
                    lines.add(new Line(reduction, budget));
                }
            }
        }
        return lines.stream()
                .map(line -> hasBudget(line.reduction) ? line : new Line(line.reduction, "-"))
                .toList();
    }

    private static boolean hasBudget(TokenReduction reduction) {
        return dev.fovea.cli.report.MethodReport.budget(reduction).isPresent();
    }

    String name() {
        return reduction.name() + (budget.equals("-") ? "" : " " + budget);
    }
}
