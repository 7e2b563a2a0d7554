package dev.fovea.kernel.vector;

import dev.fovea.kernel.Activation;

/// Operations on one row, and the steps of attention between its two products.
interface Rows {
    /// `y = x / √(mean(x²) + eps) · weight`; `y` may be `x`.
    void rmsNorm(float[] x, int at, int cols, float[] weight, float eps, float[] y, int yAt);

    /// `y = (x − mean) / √(variance + eps) · weight + bias`; `y` may be `x`.
    void layerNorm(float[] x, int at, int cols, float[] weight, float[] bias, float eps, float[] y, int yAt);

    /// Rotates element `i` with element `i + half` for `i < half`.
    void rotate(float[] x, int at, int half, float[] cos, int cosAt, float[] sin, int sinAt);

    void softmax(float[] x, int at, int cols);

    void activate(Activation activation, float[] x, int at, int cols);

    /// `gate = silu(gate) · up`.
    void siluMul(float[] gate, int at, int cols, float[] up, int upAt);

    /// `x = x + y`.
    void add(float[] x, int at, int cols, float[] y, int yAt);

    /// `scores[i] = scale · q · k[i]` for `keys` keys.
    ///
    /// @param q `[headDim]` from `qAt`
    /// @param k `[keys, headDim]` from `kAt`, rows `stride` apart
    void scores(
            float[] q,
            int qAt,
            float[] k,
            int kAt,
            int stride,
            int keys,
            int headDim,
            float scale,
            float[] scores,
            int at);

    /// `y = y + Σ weights[i] · v[i]` over `keys` values.
    ///
    /// @param v `[keys, headDim]` from `vAt`, rows `stride` apart
    /// @param y `[headDim]` from `yAt`
    void addWeighted(
            float[] weights, int at, float[] v, int vAt, int stride, int keys, int headDim, float[] y, int yAt);

    /// One block of keys of a softmax that goes on over further blocks, for a panel of query rows, one per
    /// lane. Replaces each score by `exp(score − largest so far)`, and corrects what earlier blocks left in
    /// `state` and `y`.
    ///
    /// @param scores `[keys][width]` from `at`
    /// @param state  `[2][width]` from `stateAt`: largest score so far, sum of the exponentials so far
    /// @param y      `[rows][width]` from `yAt`: unnormalised result so far
    void softmaxBlock(float[] scores, int at, int keys, float[] state, int stateAt, float[] y, int yAt, int rows);

    /// `y[row] = y[row] / sums`, lane by lane.
    ///
    /// @param sums `[width]` from `at`
    /// @param y    `[rows][width]` from `yAt`
    void divide(float[] sums, int at, float[] y, int yAt, int rows);
}
