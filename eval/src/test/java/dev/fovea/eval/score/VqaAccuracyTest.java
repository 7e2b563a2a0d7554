package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VqaAccuracyTest {
    private static final double ROUNDING = 4 * Math.ulp(1.0); // two quotients, two products and a sum below 1

    /// With 2 of 10: two of the subsets leave a match out and keep 1 (1/3 each), eight keep 2 (2/3 each):
    /// (2/3 + 16/3) / 10 = 0.6.
    @Test
    void matchesOfTenAreWorthThreeTenthsEachUpToFour() {
        double[] worth = {0, 0.3, 0.6, 0.9, 1, 1, 1, 1, 1, 1, 1};
        for (int matches = 0; matches <= 10; matches++) {
            List<String> people = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                people.add(i < matches ? "nokia" : "phone " + i);
            }
            assertThat(VqaAccuracy.score("nokia", people))
                    .as("%d of 10", matches)
                    .isCloseTo(worth[matches], within(ROUNDING));
        }
    }

    @Test
    void answersAreNormalisedOnBothSides() {
        List<String> people = List.of("The dogs.", "dogs", "DOGS", "dogs!", "x", "x", "x", "x", "x", "x");
        assertThat(VqaAccuracy.score("a Dogs?", people)).isEqualTo(1);
    }

    @Test
    void stVqaWantsAnyOneGold() {
        assertThat(VqaAccuracy.matchesAny("two", List.of("3", "2"))).isTrue();
        assertThat(VqaAccuracy.matchesAny("two", List.of("3", "4"))).isFalse();
    }

    @Test
    void noPeopleAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VqaAccuracy.score("x", List.of()))
                .withMessageContaining("at least one");
    }
}
