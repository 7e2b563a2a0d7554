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

    /// Where in the scratch the parts of a softmax that goes on over blocks of keys begin, and what it weighs.
    ///
    /// @param scoresAt  `[KEYS + 1][width]`, of one panel
    /// @param shrinkAt  `[width]`, of one panel: by how much the exponentials of earlier blocks shrink
    /// @param largestAt `[panels][width]`: of earlier blocks, then of this one too
    /// @param totalsAt  `[panels][width]`: sums of exponentials
    /// @param sumsAt    `[panels][padded(headDim)][width]`
    record Places(int scoresAt, int shrinkAt, int largestAt, int totalsAt, int sumsAt) {}

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
        void scores(int panel, int keys, Places places);

        /// One step of the softmax over the first `keys` keys of the block, whose weights are the exponentials of
        /// their scores less the largest so far. Overwrites scores, and the rows that follow:
        /// `sums[dim][row] = sums[dim][row] · shrink[row] + Σ weight[key][row] · value[key][dim]`.
        void addValues(int panel, int keys, Places places);

        /// Both, for panels `first … end - 1`, whose rows all see the first `keys` keys of the block.
        default void attend(int first, int end, int keys, Places places) {
            for (int panel = first; panel < end; panel++) {
                scores(panel, keys, places);
                addValues(panel, keys, places);
            }
        }

        /// `y[row] = sums[dim][row] / totals[row]` of one panel, whose first row is row `first` of `y`. May overwrite
        /// totals and sums.
        ///
        /// @param y `[rows, headDim]`
        void results(int panel, Places places, Tensor y, int first);
    }
}
