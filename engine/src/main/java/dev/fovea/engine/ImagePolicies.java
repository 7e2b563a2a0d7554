package dev.fovea.engine;

import dev.fovea.engine.family.ImageSettings;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.image.AnyRes;
import dev.fovea.engine.image.AnyResPolicy;
import dev.fovea.engine.image.CropPolicy;
import dev.fovea.engine.image.HiResPolicy;
import dev.fovea.engine.image.ImagePolicy;
import dev.fovea.engine.image.Normalization;
import dev.fovea.engine.image.PadPolicy;
import dev.fovea.engine.image.Resampler;
import dev.fovea.engine.image.StretchPolicy;
import java.util.List;

/// Chooses how images are cut from what the checkpoint says.
final class ImagePolicies {
    private ImagePolicies() {}

    static ImagePolicy of(VlmConfig config) {
        ImageSettings image = config.image();
        int size = config.vision().imageSize();
        int patches = config.vision().patchesPerSide();
        Resampler.Filter filter =
                image.resample() == ImageSettings.BILINEAR ? Resampler.Filter.BILINEAR : Resampler.Filter.BICUBIC;
        Normalization normalization = new Normalization(floats(image.mean()), floats(image.std()), image.rescale());
        if (config.flex().isPresent()) {
            return new HiResPolicy(config.flex().get().highSize(), size, patches, filter, normalization);
        }
        return switch (image.fit()) {
            case ANY_RESOLUTION ->
                new AnyResPolicy(
                        config.gridPinpoints().stream()
                                .map(hw -> new AnyRes.Size(hw[0], hw[1]))
                                .toList(),
                        size,
                        patches,
                        filter,
                        normalization);
            case CENTER_CROP -> new CropPolicy(image.shortEdge(), size, patches, filter, normalization);
            case PAD -> new PadPolicy(size, patches, filter, normalization);
            case STRETCH -> new StretchPolicy(size, patches, filter, normalization);
        };
    }

    private static float[] floats(List<Double> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i).floatValue();
        }
        return floats;
    }
}
