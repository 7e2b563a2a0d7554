package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/// Comparison of greedy answers.
final class Greedy {
    private Greedy() {}

    /// Equal up to the first step whose recorded margin between the two best logits is below twice the tolerance: from
    /// there on both answers are right.
    ///
    /// @param margins of each step, or one for all
    static void assertEqual(String name, int[] expected, double[] margins, int[] found, double tolerance) {
        int certain = 0;
        while (certain < expected.length && margins[Math.min(certain, margins.length - 1)] >= 2 * tolerance) {
            certain++;
        }
        assertThat(certain).as(name + ": steps outside near-ties").isGreaterThan(0);
        assertThat(Arrays.copyOf(found, certain)).as(name).containsExactly(Arrays.copyOf(expected, certain));
    }
}
