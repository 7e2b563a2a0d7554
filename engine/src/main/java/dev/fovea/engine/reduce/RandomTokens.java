package dev.fovea.engine.reduce;

import dev.fovea.engine.vision.EncodedImage;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/// Control: a uniformly random choice within the budget, the same for the same seed and grid.
public final class RandomTokens implements TokenReduction {
    private final Budget budget;
    private final long seed;

    public RandomTokens(Budget budget, long seed) {
        this.budget = budget;
        this.seed = seed;
    }

    static RandomTokens from(Choices choices) {
        return new RandomTokens(choices.budget(Budget.standard()), choices.wholeNumber("seed", 0));
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public Map<String, Object> settings() {
        return Settings.ordered("budget", budget.toString(), "seed", seed);
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        int[] places = Candidates.places(image);
        int count = Candidates.count(image, budget, places.length);
        if (count == places.length) {
            return Reduced.of(image.all());
        }
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < count; i++) { // the first `count` steps of a Fisher-Yates shuffle
            int other = i + random.nextInt(places.length - i);
            int place = places[other];
            places[other] = places[i];
            places[i] = place;
        }
        return Candidates.keep(image, Arrays.copyOf(places, count));
    }
}
