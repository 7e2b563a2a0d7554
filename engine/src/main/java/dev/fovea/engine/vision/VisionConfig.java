package dev.fovea.engine.vision;

import dev.fovea.kernel.Activation;

/// The sizes of a CLIP vision transformer: square images in square patches behind one class token.
///
/// `featureLayer` is how many layers run before the features are taken: 0 is the embedding, `layers` the last layer.
/// With `keepClassToken` the features keep the class row in front of the patches.
public record VisionConfig(
        int layers,
        int hidden,
        int heads,
        int intermediate,
        int imageSize,
        int patchSize,
        Activation activation,
        float layerNormEps,
        int featureLayer,
        boolean keepClassToken) {

    public VisionConfig {
        if (layers < 1 || hidden < 1 || intermediate < 1 || patchSize < 1 || imageSize < patchSize) {
            throw new IllegalArgumentException("a size below 1 or an image smaller than a patch");
        }
        if (heads < 1 || hidden % heads != 0) {
            throw new IllegalArgumentException(heads + " heads in " + hidden + " columns");
        }
        if (featureLayer < 0 || featureLayer > layers) {
            throw new IllegalArgumentException("feature layer " + featureLayer + " of " + layers);
        }
    }

    /// Columns of one head.
    public int headDim() {
        return hidden / heads;
    }

    /// Patches along one side; pixels that do not fill a patch are unused.
    public int patchesPerSide() {
        return imageSize / patchSize;
    }

    /// Patches of one image.
    public int patches() {
        return patchesPerSide() * patchesPerSide();
    }
}
