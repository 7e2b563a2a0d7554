package dev.fovea.engine.family;

import dev.fovea.kernel.Matrix;

/// Where the weights of a model come from.
interface WeightSource {
    /// Whether the tensor exists.
    boolean has(Role role, int layer);

    /// A matrix of the given shape, `[rows, cols]`.
    Matrix matrix(Role role, int layer, int rows, int cols);

    /// A small tensor of `size` numbers.
    float[] vector(Role role, int layer, int size);
}
