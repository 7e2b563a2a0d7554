package dev.fovea.bench;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;

/// What is timed must be right first.
final class Agreement {
    private static final double EPS = 0x1p-24;

    private Agreement() {}

    /// Queries and keys are standard normal, so scores stay below 40 and their error below `80 · headDim · EPS`.
    static void attention(Tensor expected, Tensor y, KeyValues kv) {
        double bound = 8 * (160.0 * kv.headDim() + 2.0 * kv.rows()) * EPS;
        for (int i = 0; i < y.cols(); i++) {
            close(expected.get(0, i), y.get(0, i), bound);
        }
    }

    static void close(double expected, double found, double bound) {
        if (!(Math.abs(expected - found) <= bound)) {
            throw new AssertionError("expected " + expected + " within " + bound + ", found " + found);
        }
    }
}
