package dev.fovea.engine.vision;

import dev.fovea.kernel.Activation;

public record VisionConfig(int layers, int hidden, int heads, int intermediate, int imageSize, int patchSize, Activation activation, float layerNormEps, int featureLayer, boolean keepClassToken) {
    public int patches() { return (imageSize / patchSize) * (imageSize / patchSize); }
}
