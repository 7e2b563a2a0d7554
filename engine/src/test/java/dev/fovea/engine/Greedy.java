package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/// Comparison of greedy answers.
final class Greedy {
    private Greedy() {}

    /// Equal, or parting at a step whose recorded margin between the two best logits is below twice the tolerance: from
    /// there on both answers are right.
    ///
    /// @param margins of each step, or the smallest of all
    static void assertEqual(String name, int[] expected, double[] margins, int[] found, double tolerance) {
        int parting = Arrays.mismatch(expected, found);
        if (parting >= 0) {
            assertThat(margins[Math.min(parting, margins.length - 1)])
                    .as(name + ": margin of step " + parting + ", from which on " + Arrays.toString(found)
                            + " was found where " + Arrays.toString(expected) + " was expected")
                    .isLessThan(2 * tolerance);
        }
    }
}
