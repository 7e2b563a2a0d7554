package dev.fovea.engine.image;

import java.util.Arrays;
import java.util.List;

/// From 8-bit levels to what a vision tower reads: `(level * rescaleFactor - mean) / std` for each channel.
///
/// @param mean          `[3]`
/// @param std           `[3]`
/// @param rescaleFactor usually 1/255
public record Normalization(float[] mean, float[] std, double rescaleFactor) {
    public Normalization {
        if (mean.length != 3 || std.length != 3) {
            throw new IllegalArgumentException(
                    "normalization: expected 3 means and 3 deviations, found " + mean.length + " and " + std.length);
        }
    }

    /// The picture as planes, with the rounding of the slow image processors: scaled in double, cast to float, then
    /// float subtraction and division.
    ///
    /// @return `[3, height, width]`
    public float[] toTensor(RgbImage image) {
        byte[] rgb = image.rgb();
        int pixels = image.height() * image.width();
        float[] tensor = new float[rgb.length];
        for (int c = 0; c < 3; c++) {
            float[] levels = new float[256];
            for (int level = 0; level < 256; level++) {
                levels[level] = ((float) (level * rescaleFactor) - mean[c]) / std[c];
            }
            for (int i = 0, at = c, to = c * pixels; i < pixels; i++, at += 3, to++) {
                tensor[to] = levels[rgb[at] & 0xff];
            }
        }
        return tensor;
    }

    /// [#toTensor] of several pictures.
    List<float[]> toTensors(List<RgbImage> images, Resampler.Pieces pieces) {
        float[][] tensors = new float[images.size()][];
        pieces.run(tensors.length, i -> tensors[i] = toTensor(images.get(i)));
        return List.of(tensors);
    }

    /// The mean as a colour, `0xRRGGBB` with each level truncated: what LLaVA pads with.
    public int meanColor() {
        int color = 0;
        for (int c = 0; c < 3; c++) {
            color = (color << 8) | Math.clamp((int) (mean[c] * 255.0), 0, 255);
        }
        return color;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Normalization n
                && Arrays.equals(mean, n.mean)
                && Arrays.equals(std, n.std)
                && rescaleFactor == n.rescaleFactor;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(new Object[] {Arrays.hashCode(mean), Arrays.hashCode(std), rescaleFactor});
    }

    @Override
    public String toString() {
        return "Normalization[mean=" + Arrays.toString(mean) + ", std=" + Arrays.toString(std) + ", rescaleFactor="
                + rescaleFactor + "]";
    }
}
