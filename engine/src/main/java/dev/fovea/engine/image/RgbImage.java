package dev.fovea.engine.image;

import java.util.Arrays;
import java.util.Objects;

/// A picture of 8-bit red, green and blue.
///
/// @param rgb `[height, width, 3]`; not copied, so whoever makes an image gives the array away
public record RgbImage(byte[] rgb, int height, int width) {
    public RgbImage {
        if (height < 1 || width < 1 || rgb.length != 3L * height * width) {
            throw new IllegalArgumentException("image [" + height + ", " + width + ", 3]: expected "
                    + 3L * height * width + " bytes, found " + rgb.length);
        }
    }

    /// One colour everywhere.
    ///
    /// @param color `0xRRGGBB`
    public static RgbImage filled(int height, int width, int color) {
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))];
        if (color != 0) {
            for (int i = 0; i < rgb.length; i += 3) {
                rgb[i] = (byte) (color >> 16);
                rgb[i + 1] = (byte) (color >> 8);
                rgb[i + 2] = (byte) color;
            }
        }
        return new RgbImage(rgb, height, width);
    }

    /// The window whose corner is at `top`, `left`: a copy, or this picture where the window is all of it.
    public RgbImage crop(int top, int left, int cropHeight, int cropWidth) {
        Objects.checkFromIndexSize(top, cropHeight, height);
        Objects.checkFromIndexSize(left, cropWidth, width);
        if (cropHeight == height && cropWidth == width) {
            return this;
        }
        RgbImage crop = filled(cropHeight, cropWidth, 0);
        for (int y = 0; y < cropHeight; y++) {
            System.arraycopy(rgb, 3 * ((top + y) * width + left), crop.rgb, 3 * cropWidth * y, 3 * cropWidth);
        }
        return crop;
    }

    /// This picture on a canvas, its corner at `top`, `left`: a copy, or this picture where it fills the canvas.
    ///
    /// @param color `0xRRGGBB` of the canvas
    public RgbImage placed(int top, int left, int canvasHeight, int canvasWidth, int color) {
        Objects.checkFromIndexSize(top, height, canvasHeight);
        Objects.checkFromIndexSize(left, width, canvasWidth);
        if (canvasHeight == height && canvasWidth == width) {
            return this;
        }
        RgbImage canvas = filled(canvasHeight, canvasWidth, color);
        for (int y = 0; y < height; y++) {
            System.arraycopy(rgb, 3 * width * y, canvas.rgb, 3 * ((top + y) * canvasWidth + left), 3 * width);
        }
        return canvas;
    }

    /// This picture turned upright.
    ///
    /// @param orientation EXIF's, 1 to 8: where row 0 and column 0 of the stored picture belong; 1 is upright
    public RgbImage upright(int orientation) {
        Objects.checkIndex(orientation - 1, 8);
        if (orientation == 1) {
            return this;
        }
        // Upright (y, x) is stored at first + y * down + x * across, counted in pixels.
        int end = height * width - 1;
        return switch (orientation) {
            case 2 -> walk(height, width, width - 1, width, -1);
            case 3 -> walk(height, width, end, -width, -1);
            case 4 -> walk(height, width, end - (width - 1), -width, 1);
            case 5 -> walk(width, height, 0, 1, width);
            case 6 -> walk(width, height, end - (width - 1), 1, -width);
            case 7 -> walk(width, height, end, -1, -width);
            default -> walk(width, height, width - 1, -1, width);
        };
    }

    private RgbImage walk(int rows, int cols, int first, int down, int across) {
        RgbImage walked = filled(rows, cols, 0);
        for (int y = 0, to = 0; y < rows; y++) {
            for (int x = 0, from = 3 * (first + y * down); x < cols; x++, from += 3 * across, to += 3) {
                walked.rgb[to] = rgb[from];
                walked.rgb[to + 1] = rgb[from + 1];
                walked.rgb[to + 2] = rgb[from + 2];
            }
        }
        return walked;
    }

    /// Same size and same pixels.
    @Override
    public boolean equals(Object other) {
        return other instanceof RgbImage image
                && height == image.height
                && width == image.width
                && Arrays.equals(rgb, image.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * height + width) + Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return "RgbImage[" + height + ", " + width + ", 3]";
    }
}
