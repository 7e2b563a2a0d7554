package dev.fovea.engine.reduce.flex;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Choices;
import dev.fovea.engine.reduce.Settings;
import dev.fovea.engine.reduce.Words;
import java.util.Map;

/// Every choice of [FlexAttention].
///
/// @param selection  which cells are shown
/// @param threshold  attention above which [Selection#THRESHOLD] takes a cell, 0 … 255; [#CHECKPOINT] for the
///                   model's own
/// @param budget     high-resolution tokens that a layer may show; all of them for [Selection#THRESHOLD]
/// @param firstLayer the layer whose attention is the first to choose; the one after it is the first to show
/// @param seed       of [Selection#RANDOM]
public record FlexSettings(Selection selection, double threshold, Budget budget, int firstLayer, long seed) {
    /// A literal of the authors' code for 32 layers.
    static final int FIRST_LAYER = 8;

    /// The threshold that the checkpoint was trained with.
    static final double CHECKPOINT = -1;

    /// Which cells a layer shows.
    public enum Selection {
        /// All whose attention exceeds the threshold (authors' code); no bound on the cost.
        THRESHOLD,
        /// Those with the highest attention, as many as the budget holds.
        TOP,
        /// As many as the budget holds, at random: the control of the paper's Figure 4.
        RANDOM
    }

    public FlexSettings {
        if (threshold != CHECKPOINT && !(threshold >= 0 && threshold <= 255)) {
            throw new IllegalArgumentException("flexattention threshold: expected 0 … 255, found " + threshold);
        }
        if (firstLayer < 0) {
            throw new IllegalArgumentException("flexattention first_layer: expected at least 0, found " + firstLayer);
        }
        if (selection == Selection.THRESHOLD && !keepsAll(budget)) {
            throw new IllegalArgumentException(
                    "flexattention selection: expected top or random where there is a budget, found threshold");
        }
    }

    /// The settings of a request: a budget below everything is hard.
    static FlexSettings from(Choices choices) {
        Budget budget = choices.budget();
        return new FlexSettings(
                choices.word("selection", keepsAll(budget) ? Selection.THRESHOLD : Selection.TOP),
                choices.number("threshold", CHECKPOINT),
                budget,
                choices.count("first_layer", FIRST_LAYER),
                choices.wholeNumber("seed", 0));
    }

    private static boolean keepsAll(Budget budget) {
        return budget.equals(Budget.all());
    }

    FlexSettings withThreshold(double value) {
        return new FlexSettings(selection, value, budget, firstLayer, seed);
    }

    Map<String, Object> asMap() {
        return Settings.ordered(
                "selection",
                Words.of(selection),
                "threshold",
                threshold == CHECKPOINT ? "checkpoint" : (Object) threshold,
                "budget",
                budget.toString(),
                "first_layer",
                firstLayer,
                "seed",
                seed);
    }
}
