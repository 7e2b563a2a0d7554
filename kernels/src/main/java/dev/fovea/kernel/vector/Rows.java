package dev.fovea.kernel.vector;

import dev.fovea.kernel.Activation;

/// Operations on one row, and the steps of attention between its two products.
interface Rows {
    /// Lanes of one vector.
    int lanes();

    /// `y = x / √(mean(x²) + eps) · weight`; `y` may be `x`.
    void rmsNorm(float[] x, int at, int cols, float[] weight, float eps, float[] y, int yAt);

    /// `y = (x − mean) / √(variance + eps) · weight + bias`; `y` may be `x`.
    void layerNorm(float[] x, int at, int cols, float[] weight, float[] bias, float eps, float[] y, int yAt);

    /// Rotates element `i` with element `i + half` for `i < half`.
    void rotate(float[] x, int at, int half, float[] cos, int cosAt, float[] sin, int sinAt);

    void softmax(float[] x, int at, int cols);

    /// `x = exp(x − max(x))`; stores the maximum and the sum of the results.
    void exponentials(float[] x, int at, int cols, float[] state, int maxAt, int sumAt);

    void activate(Activation activation, float[] x, int at, int cols);

    /// `gate = silu(gate) · up`.
    void siluMul(float[] gate, int at, int cols, float[] up, int upAt);

    /// `x = x + y`.
    void add(float[] x, int at, int cols, float[] y, int yAt);

    /// `y = y + weight · x`.
    void addScaled(float weight, float[] x, int at, int cols, float[] y, int yAt);

    /// First step of a softmax that goes on over blocks of keys, for a panel of query rows, one per lane: finds
    /// the largest score so far, and by how much earlier exponentials shrink because of it.
    ///
    /// @param scores  `[keys][width]` from `at`
    /// @param largest `[width]` from `largestAt`: of earlier blocks, afterwards of this one too
    /// @param shrink  `[width]` from `shrinkAt`: `exp(largest before − largest now)`
    void largest(float[] scores, int at, int keys, float[] largest, int largestAt, float[] shrink, int shrinkAt);

    /// Second step: replaces each score by `exp(score − largest)`.
    ///
    /// @param sums `[width]` from `sumsAt`: of the exponentials of earlier blocks, then shrunk and of this one too
    void exponentials(
            float[] scores,
            int at,
            int keys,
            float[] largest,
            int largestAt,
            float[] shrink,
            int shrinkAt,
            float[] sums,
            int sumsAt);

    /// `y[row] = y[row] · factors`, lane by lane.
    ///
    /// @param y       `[rows][width]` from `at`
    /// @param factors `[width]` from `factorsAt`
    void multiply(float[] y, int at, int rows, float[] factors, int factorsAt);

    /// `x = 1 / x`.
    ///
    /// @param x `[width]` from `at`
    void invert(float[] x, int at);
}
