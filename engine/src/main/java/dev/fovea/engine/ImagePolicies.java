package dev.fovea.engine;

import dev.fovea.engine.family.ImageSettings;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.image.AnyRes;
import dev.fovea.engine.image.AnyResPolicy;
import dev.fovea.engine.image.CropPolicy;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.HiResPolicy;
import dev.fovea.engine.image.ImagePolicy;
import dev.fovea.engine.image.Normalization;
import dev.fovea.engine.image.PadPolicy;
import dev.fovea.engine.image.Resampler;
import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.image.StretchPolicy;
import java.util.ArrayList;
import java.util.List;

/// Chooses how images are cut from what the checkpoint says.
final class ImagePolicies {
    private ImagePolicies() {}

    static ImagePolicy of(VlmConfig config) {
        List<AnyRes.Size> canvases = config.gridPinpoints().stream()
                .map(hw -> new AnyRes.Size(hw[0], hw[1]))
                .toList();
        return scaled(config, canvases, 1);
    }

    /// The tiles of an image that was cut into `grid`, `scale` times larger than the tower sees them.
    ///
    /// @return `grid.tiles()` squares, the whole picture first
    static List<RgbImage> tiles(VlmConfig config, RgbImage image, Grid grid, int scale) {
        int side = config.vision().imageSize() * scale;
        // The canvas is given: at another scale the rules could choose another one.
        AnyRes.Size canvas = new AnyRes.Size(Math.max(1, grid.tileRows()) * side, Math.max(1, grid.tileCols()) * side);
        List<RgbImage> tiles =
                scaled(config, List.of(canvas), scale).tiling(image).pixels();
        if (tiles.size() == grid.tiles()) {
            return tiles;
        }
        List<RgbImage> all = new ArrayList<>(tiles); // a high-resolution picture, whose tile 0 never had pixels
        all.addFirst(pad(config, scale).tiling(image).pixels().getFirst());
        return List.copyOf(all);
    }

    private static PadPolicy pad(VlmConfig config, int scale) {
        return new PadPolicy(
                config.vision().imageSize() * scale,
                config.vision().patchesPerSide(),
                filter(config.image()),
                normalization(config.image()));
    }

    private static Resampler.Filter filter(ImageSettings image) {
        return image.resample() == ImageSettings.BILINEAR ? Resampler.Filter.BILINEAR : Resampler.Filter.BICUBIC;
    }

    private static Normalization normalization(ImageSettings image) {
        return new Normalization(floats(image.mean()), floats(image.std()), image.rescale());
    }

    /// The checkpoint's policy with every length in pixels multiplied by `scale`, but for the canvases.
    private static ImagePolicy scaled(VlmConfig config, List<AnyRes.Size> canvases, int scale) {
        ImageSettings image = config.image();
        int size = config.vision().imageSize() * scale;
        int patches = config.vision().patchesPerSide();
        Resampler.Filter filter = filter(image);
        Normalization normalization = normalization(image);
        if (config.flex().isPresent()) {
            return new HiResPolicy(config.flex().get().highSize() * scale, size, patches, filter, normalization);
        }
        return switch (image.fit()) {
            case ANY_RESOLUTION -> new AnyResPolicy(canvases, size, patches, filter, normalization);
            case CENTER_CROP -> new CropPolicy(image.shortEdge() * scale, size, patches, filter, normalization);
            case PAD -> pad(config, scale);
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
