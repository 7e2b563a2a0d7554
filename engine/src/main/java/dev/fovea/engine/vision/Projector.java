package dev.fovea.engine.vision;

import dev.fovea.kernel.Activation;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workspace;
import org.jspecify.annotations.Nullable;

/// The two-layer projector of LLaVA (`mlp2x_gelu`): vision features to rows of the language model.
///
/// @param first      `[hidden, visionDim]`
/// @param firstBias  `[hidden]` or null
/// @param second     `[hidden, hidden]`
/// @param secondBias `[hidden]` or null
public record Projector(
        Matrix first,
        float @Nullable [] firstBias,
        Activation activation,
        Matrix second,
        float @Nullable [] secondBias,
        Kernels kernels) {

    /// Slot of the workspace; past those of the tower, whose output is not in the workspace any more.
    private static final int WIDE = 8;

    /// Rows that pass together; bounds the activations without costing speed.
    private static final int BLOCK = 1024;

    /// Width of the language model's rows.
    public int hidden() {
        return second.rows();
    }

    /// Projects features, row by row.
    ///
    /// @param features `[n, visionDim]`
    /// @param to       `[n, hidden]`
    public void project(Tensor features, Workspace workspace, Tensor to) {
        for (int begin = 0; begin < features.rows(); begin += BLOCK) {
            int end = Math.min(features.rows(), begin + BLOCK);
            Tensor wide = workspace.tensor(WIDE, end - begin, first.rows());
            kernels.matmul(first, features.slice(begin, end), firstBias, wide);
            kernels.activateInPlace(activation, wide);
            kernels.matmul(second, wide, secondBias, to.slice(begin, end));
        }
    }
}
