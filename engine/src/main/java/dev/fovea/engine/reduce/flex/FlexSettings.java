package dev.fovea.engine.reduce.flex;

import dev.fovea.engine.family.FlexConfig;
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
/// @param budget     high-resolution tokens that a layer may show; no matter for [Selection#THRESHOLD]
/// @param firstLayer the layer whose attention is the first to choose; the one after it is the first to show;
///                   [#CHECKPOINT] for the model's own
/// @param seed       of [Selection#RANDOM]
public record FlexSettings(Selection selection, double threshold, Budget budget, int firstLayer, long seed) {
    /// The share of the paper's Figure 4.
    static final Budget TENTH = new Budget.Rate(0.1);

    /// The threshold or first layer that the checkpoint was trained with.
    static final int CHECKPOINT = -1;

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
        if (firstLayer < CHECKPOINT) {
            throw new IllegalArgumentException("flexattention first_layer: expected at least 0, found " + firstLayer);
        }
    }

    /// The settings of a request: a budget is hard.
    static FlexSettings from(Choices choices) {
        Selection selection = choices.word("selection", choices.hasBudget() ? Selection.TOP : Selection.THRESHOLD);
        if (selection == Selection.THRESHOLD && choices.hasBudget()) {
            throw new IllegalArgumentException(
                    "flexattention selection: expected top or random where there is a budget, found threshold");
        }
        return new FlexSettings(
                selection,
                choices.number("threshold", CHECKPOINT),
                choices.budget(TENTH),
                choices.count("first_layer", CHECKPOINT),
                choices.wholeNumber("seed", 0));
    }

    /// With what a request left to the checkpoint filled in.
    FlexSettings of(FlexConfig model) {
        return new FlexSettings(
                selection,
                threshold == CHECKPOINT ? model.threshold() : threshold,
                budget,
                firstLayer == CHECKPOINT ? model.firstLayer() : firstLayer,
                seed);
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = Settings.ordered(
                "selection", Words.of(selection), "first_layer", firstLayer == CHECKPOINT ? "checkpoint" : firstLayer);
        switch (selection) {
            case THRESHOLD -> map.put("threshold", threshold == CHECKPOINT ? "checkpoint" : (Object) threshold);
            case TOP -> map.put("budget", budget.toString());
            case RANDOM -> {
                map.put("budget", budget.toString());
                map.put("seed", seed);
            }
        }
        return map;
    }
}
