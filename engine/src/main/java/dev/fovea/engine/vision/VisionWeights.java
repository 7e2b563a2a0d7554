package dev.fovea.engine.vision;

import dev.fovea.kernel.Matrix;
import java.util.List;

/// The weights of a CLIP vision transformer.
///
/// @param patchEmbedding    `[visionDim, 3 * patch * patch]`, the patch convolution, no bias
/// @param classEmbedding    `[visionDim]`
/// @param positionEmbedding `[1 + patches, visionDim]`, row 0 belongs to the class token
/// @param preNorm           before the first layer
/// @param layers            in order; may hold more than the features need
public record VisionWeights(
        Matrix patchEmbedding, float[] classEmbedding, float[] positionEmbedding, Norm preNorm, List<Layer> layers) {

    /// A LayerNorm: weight and bias `[visionDim]`.
    public record Norm(float[] weight, float[] bias) {}

    /// A product with a bias: weight `[out, in]`, bias `[out]`.
    public record Linear(Matrix weight, float[] bias) {}

    /// One transformer layer; q, k, v and out are `[visionDim, visionDim]`, fc1 `[intermediate, visionDim]`.
    public record Layer(Norm norm1, Linear q, Linear k, Linear v, Linear out, Norm norm2, Linear fc1, Linear fc2) {}
}
