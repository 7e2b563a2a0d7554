package dev.fovea.engine.family;

import java.util.List;

/// How an image becomes tower input, as the checkpoint's preprocessor settings say.
///
/// `size` is the side of the square the tower takes. `shortEdge` is the shorter side after the resize; it differs from
/// `size` only where a border is cropped away. `resample` is Pillow's number of the filter.
/// A pixel value `p` of 0 to 255 becomes `(p * rescale - mean) / std` of its channel.
public record ImageSettings(
        Fit fit, int size, int shortEdge, int resample, double rescale, List<Double> mean, List<Double> std) {

    /// How a picture of any shape fits the tower's square.
    public enum Fit {
        /// Tiles of the best of several resolutions, after the whole picture stretched to one square tile.
        ANY_RESOLUTION,
        /// The shorter side is resized to `shortEdge` and the middle square cut out.
        CENTER_CROP,
        /// Centred on a square of the mean colour first; then as [#CENTER_CROP].
        PAD,
        /// Stretched to the square without keeping its shape.
        STRETCH
    }

    /// Pillow's number of the bilinear filter.
    public static final int BILINEAR = 2;

    /// Pillow's number of the bicubic filter.
    public static final int BICUBIC = 3;
}
