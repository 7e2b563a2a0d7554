package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;

/// The products of attention of many rows, of panels of query rows with blocks of keys and values. A panel is as many
/// query rows as two vectors have lanes, its `width`.
public interface PanelProducts {
    /// Most keys of a block.
    int KEYS = 128;

    /// `headDim`, or as many more rows as are written.
    int padded(int headDim);

    /// Scratch floats of one task.
    int scratchFloats(int headDim, int panels);

    /// For one task of one worker.
    ///
    /// @param scratch floats of this worker: [#scratchFloats] from `at`, and what the other methods read and write
    Blocks blocks(KeyValues kv, int panels, float[] scratch, int at);

    /// Where in the scratch the parts of a softmax begin that goes on over blocks of keys, for one panel.
    ///
    /// @param scoresAt  `[KEYS][width]`
    /// @param largestAt `[width]`: of earlier blocks, then of this one too
    /// @param shrinkAt  `[width]`: by how much the exponentials of earlier blocks shrink
    /// @param totalsAt  `[width]`: sums of exponentials
    record Softmax(int scoresAt, int largestAt, int shrinkAt, int totalsAt) {}

    /// The panels of a task, and one block of keys and values at a time.
    interface Blocks {
        /// Takes rows `first … first + width - 1` of `q`, times `scale`, as a panel; rows that are not there are zero.
        ///
        /// @param q `[rows, headDim]`
        void queries(Tensor q, int first, int panel, float scale);

        /// Takes keys and values `key … key + count - 1` of a head as the block.
        void keys(int head, int key, int count);

        /// `scores[key][row]` of the first `keys` keys of the block, times a positive constant that is always the
        /// same. Writes some rows more, up to KEYS.
        ///
        /// @param scoresAt where in the scratch `[KEYS][width]` begins
        void scores(int panel, int keys, int scoresAt);

        /// One step of the softmax over the first `keys` keys of the block, whose weights are the exponentials of
        /// their scores less the largest so far. Overwrites scores, and the rows that follow:
        /// `sums[dim][row] = sums[dim][row] · shrink[row] + Σ weight[key][row] · value[key][dim]`.
        ///
        /// @param sumsAt where in the scratch `[padded(headDim)][width]` begins
        void addValues(int keys, Softmax softmax, int sumsAt);
    }
}
