package dev.fovea.engine.reduce;

import dev.fovea.engine.vision.EncodedImage;
import java.util.Map;

/// Control: every n-th token in reading order, evenly spread over the budget.
public final class StrideTokens implements TokenReduction {
    private final Budget budget;

    public StrideTokens(Budget budget) {
        this.budget = budget;
    }

    static StrideTokens from(Choices choices) {
        return new StrideTokens(choices.budget(Budget.standard()));
    }

    @Override
    public String name() {
        return "stride";
    }

    @Override
    public Map<String, Object> settings() {
        return Settings.ordered("budget", budget.toString());
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        int[] places = Candidates.places(image);
        int count = Candidates.count(image, budget, places.length);
        if (count == places.length) {
            return Reduced.of(image.all());
        }
        int[] kept = new int[count];
        for (int i = 0; i < count; i++) { // the middle of each of `count` equal stretches
            kept[i] = places[(int) ((2L * i + 1) * places.length / (2L * count))];
        }
        return Candidates.keep(image, kept);
    }
}
