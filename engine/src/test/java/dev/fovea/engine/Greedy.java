package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/// Comparison of greedy answers.
final class Greedy {
    private Greedy() {}

    /// Equal up to the first step at which the reference itself was nearly tied: from there on both answers are
    /// right. A tie is near when the recorded margin between the two best logits is below ten times the difference
    /// that this run shows to the recorded logits of the first step, five decimals at best.
    ///
    /// @param margins    of each step, or the smallest of all steps
    /// @param difference largest difference of a logit of the first step
    static void assertEqual(String name, int[] expected, double[] margins, int[] found, double difference) {
        double near = 10 * Math.max(difference, 1e-5);
        int certain = 0;
        while (certain < expected.length && margins[Math.min(certain, margins.length - 1)] >= near) {
            certain++;
        }
        assertThat(certain).as(name + ": steps outside near-ties of " + near).isGreaterThan(0);
        assertThat(Arrays.copyOf(found, certain)).as(name).containsExactly(Arrays.copyOf(expected, certain));
    }
}
