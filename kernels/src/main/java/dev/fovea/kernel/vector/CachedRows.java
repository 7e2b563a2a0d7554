package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;

/// The inner loops of attention of one row: over keys, and over values, of all heads.
public interface CachedRows {
    /// Scratch floats of the other methods, for query rows of `cols` numbers.
    int scratchFloats(int cols);

    /// `scores[head, key] = q · k / √headDim` of keys `[begin, end)`.
    ///
    /// @param q         `[1, heads * headDim]`
    /// @param scores    one row for each query head, `stride` apart, from `at`
    /// @param scratch   [#scratchFloats] from `scratchAt`, disjoint from the scores
    void scores(
            Tensor q,
            KeyValues kv,
            int begin,
            int end,
            float[] scores,
            int at,
            int stride,
            float[] scratch,
            int scratchAt);

    /// Adds values `[begin, end)`, weighted, to `y`.
    ///
    /// @param heads   of the query
    /// @param weights one row for each query head, `stride` apart, from `at`
    /// @param y       `[heads, headDim]` from `yAt`
    /// @param scratch [#scratchFloats] from `scratchAt`, disjoint from the weights
    void addValues(
            KeyValues kv,
            int begin,
            int end,
            int heads,
            float[] weights,
            int at,
            int stride,
            float[] y,
            int yAt,
            float[] scratch,
            int scratchAt);
}
