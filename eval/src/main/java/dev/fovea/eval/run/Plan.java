package dev.fovea.eval.run;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.Reductions.Request;
import dev.fovea.engine.reduce.TokenReduction;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The arms that one model can serve, and why it cannot serve others.
///
/// @param arms    with the method of each as it works on this model; for the oracle one that keeps everything
/// @param refused by method, the reason
record Plan(Map<Arm, TokenReduction> arms, Map<String, String> refused) {

    static Plan of(String model, VlmConfig config, EvaluationOptions options) {
        Map<Arm, TokenReduction> arms = new LinkedHashMap<>();
        Map<String, String> refused = new LinkedHashMap<>();
        for (String method : options.methods()) {
            try {
                for (Arm arm : arms(model, method, options.budgets())) {
                    arms.put(arm, reduction(arm).forModel(config));
                }
            } catch (IllegalArgumentException e) {
                refused.put(method, String.valueOf(e.getMessage()));
            }
        }
        return new Plan(arms, refused);
    }

    /// One arm for each budget, or a single one where the method takes none.
    private static List<Arm> arms(String model, String method, List<String> budgets) {
        Arm plain = new Arm(model, method, "");
        if (plain.isOracle() || !takesBudget(method)) {
            return List.of(plain);
        }
        if (budgets.isEmpty()) {
            throw new IllegalArgumentException("method " + method + ": expected at least one budget, found none");
        }
        List<Arm> arms = new ArrayList<>();
        for (String budget : budgets) {
            arms.add(new Arm(model, method, budget));
        }
        return arms;
    }

    /// Whether budgets are compared under a method: where one is among its settings, and for FastV, whose ratio is one.
    /// The thumbnail is the whole base tile, and FlexAttention keeps its checkpoint's threshold.
    private static boolean takesBudget(String method) {
        return switch (method) {
            case "fastv" -> true;
            case "thumbnail", "flexattention" -> false;
            default -> Reductions.named(method, Request.standard()).settings().containsKey("budget");
        };
    }

    private static TokenReduction reduction(Arm arm) {
        if (arm.isOracle()) {
            return Reductions.named("none", Request.standard());
        }
        if (arm.budget().isEmpty()) {
            return Reductions.named(arm.method(), Request.standard());
        }
        Budget budget = Budget.parse(arm.budget());
        if (arm.method().equals("fastv")) {
            return fastV(budget);
        }
        return Reductions.named(arm.method(), Request.of(budget));
    }

    /// FastV's budget is the share that stays after its layer; all tokens pass the layers before it.
    private static TokenReduction fastV(Budget budget) {
        if (budget instanceof Budget.Rate(double rate)) {
            String dropped = BigDecimal.ONE.subtract(BigDecimal.valueOf(rate)).toPlainString();
            return Reductions.named("fastv", new Request(Optional.empty(), Optional.empty(), Map.of("r", dropped)));
        }
        throw new IllegalArgumentException("method fastv: expected budgets that are rates, found " + budget);
    }
}
