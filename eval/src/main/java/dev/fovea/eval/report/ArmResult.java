package dev.fovea.eval.report;

import dev.fovea.eval.Metric;
import dev.fovea.eval.run.Arm;
import java.util.List;

/// What one method with one budget came to.
///
/// @param metrics   as the task quotes them, the headline first
/// @param full      the same metrics of the same model and the same questions with all tokens; empty without that arm
/// @param answers   questions answered
/// @param cost      means over the answers
/// @param recall    mean share of the evidence's patches that the model saw; NaN where unknown
/// @param agreement share of answers that equal those with all tokens; NaN without that arm
public record ArmResult(
        Arm arm, List<Metric> metrics, List<Metric> full, int answers, Cost cost, double recall, double agreement) {

    /// What an answer costs.
    ///
    /// @param tokens       mean visual tokens in the prompt
    /// @param before       mean visual tokens without reduction
    /// @param ops          mean floating-point operations until the first token
    /// @param firstSeconds median time until the first token
    /// @param tokensPerSecond further tokens by their time, all answers together; NaN where all have one token
    public record Cost(double tokens, double before, double ops, double firstSeconds, double tokensPerSecond) {}

    /// A metric in percent of its value with all tokens; NaN where there is none.
    public double retained(int metric) {
        if (full.isEmpty() || full.get(metric).value() == 0) {
            return Double.NaN;
        }
        return 100 * metrics.get(metric).value() / full.get(metric).value();
    }

    /// The headline.
    public Metric headline() {
        return metrics.getFirst();
    }
}
