package dev.fovea.engine.family;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;

/// Where the weights of a model come from.
interface WeightSource {
    /// Whether the tensor exists.
    boolean has(Role role, int layer);

    /// A matrix of the given shape, `[rows, cols]`.
    Matrix matrix(Role role, int layer, int rows, int cols);

    /// Takes back a matrix that is no longer needed: memory that was made for it, and the pages of a file that it lies
    /// in.
    default void release(Matrix matrix) {
        if (matrix.bytes().isMapped()) {
            matrix.bytes().unload();
        }
    }

    /// A small tensor of `size` numbers.
    float[] vector(Role role, int layer, int size);

    /// The format in which a tensor of no particular layer is stored.
    default Format stored(Role role) {
        return Format.F32;
    }

    /// How many of the tower's `layers` there are; the last ones may be missing where no feature needs them.
    default int towerLayers(int layers) {
        return layers;
    }

    /// Fails when there are weights that nothing asked for.
    default void requireAllRead() {}
}
