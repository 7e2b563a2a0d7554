package dev.fovea.engine.family;

import dev.fovea.engine.family.ImageSettings.Fit;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Reads an image processor's keys; absent ones as in the classes of transformers, but sizes as the tower needs them.
final class ImageSection {
    static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);
    private static final int MAX_SIZE = 4096;

    /// A size key: a square, or the shorter side of a picture that keeps its shape.
    private record Size(int pixels, boolean square) {}

    private ImageSection() {}

    /// The settings of a processor that cuts tiles; its tiles and its whole view must be what the tower takes.
    static ImageSettings readTiles(Section processor, int towerSize) {
        for (String key : new String[] {"size", "crop_size"}) {
            if (size(processor, key, towerSize).pixels != towerSize) {
                throw processor.refusal(key, "the tower's image size " + towerSize);
            }
        }
        return settings(processor, Fit.ANY_RESOLUTION, towerSize, towerSize);
    }

    /// The settings of a processor that makes one square, with `pad` of the whole picture, else of its middle.
    static ImageSettings readSquare(Section processor, int towerSize, boolean pad) {
        if (!processor.flag("do_resize", true)) {
            throw processor.unsupported("do_resize", "true");
        }
        Size size = size(processor, "size", towerSize);
        boolean crop = processor.flag("do_center_crop", true);
        int result = crop ? size(processor, "crop_size", towerSize).pixels : size.pixels;
        if (result != towerSize) {
            throw processor.refusal(crop ? "crop_size" : "size", "the tower's image size " + towerSize);
        }
        if (size.pixels < towerSize) {
            throw processor.refusal("size", "at least the tower's image size " + towerSize);
        }
        if (!crop && !size.square && !pad) {
            throw processor.unsupported("do_center_crop", "true, or a size with height and width");
        }
        if (size.square && !pad) {
            if (size.pixels != towerSize) {
                throw processor.unsupported("size", "the tower's image size " + towerSize);
            }
            return settings(processor, Fit.STRETCH, towerSize, towerSize);
        }
        return settings(processor, pad ? Fit.PAD : Fit.CENTER_CROP, towerSize, size.pixels);
    }

    private static ImageSettings settings(Section processor, Fit fit, int towerSize, int shortEdge) {
        int resample = processor.integer("resample", ImageSettings.BICUBIC, 0, 5);
        if (resample != ImageSettings.BICUBIC && resample != ImageSettings.BILINEAR) {
            throw processor.unsupported("resample", "2 (bilinear), 3 (bicubic)");
        }
        boolean rescale = processor.flag("do_rescale", true);
        boolean normalize = processor.flag("do_normalize", true);
        return new ImageSettings(
                fit,
                towerSize,
                shortEdge,
                resample,
                rescale ? processor.number("rescale_factor", 1 / 255.0, 1e-9, 1e9) : 1,
                normalize ? processor.channels("image_mean", CLIP_MEAN, -1e9, 1e9) : List.of(0.0, 0.0, 0.0),
                normalize ? processor.channels("image_std", CLIP_STD, 1e-9, 1e9) : List.of(1.0, 1.0, 1.0));
    }

    /// A bare number or `shortest_edge`, which keep the picture's shape, or equal `height` and `width`, which do not.
    private static Size size(Section processor, String key, int fallback) {
        JsonNode value = processor.value(key);
        if (!value.isObject()) {
            return new Size(processor.size(key, fallback, MAX_SIZE), false);
        }
        Section size = processor.section(key).orElseThrow();
        if (size.has("shortest_edge")) {
            return new Size(size.size("shortest_edge", 0, MAX_SIZE), false);
        }
        if (!size.has("height") || !size.has("width")) {
            throw processor.refusal(key, "shortest_edge, or height and width");
        }
        int height = size.size("height", 0, MAX_SIZE);
        if (size.size("width", 0, MAX_SIZE) != height) {
            throw processor.unsupported(key, "equal height and width");
        }
        return new Size(height, true);
    }
}
