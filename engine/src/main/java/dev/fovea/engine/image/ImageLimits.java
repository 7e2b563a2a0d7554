package dev.fovea.engine.image;

/// How large an image file may be, checked against its header before any pixel is decoded.
///
/// @param maxPixels height times width of the picture as stored
/// @param maxBytes  the file's length
/// @param maxFrames frames or pages in the file; only the first is ever decoded
public record ImageLimits(long maxPixels, long maxBytes, int maxFrames) {
    /// 100 megapixels in a file of 256 MiB: a large camera's picture. Pillow refuses from 178,956,970 pixels on.
    /// Decoding takes 3 to 11 bytes of heap a pixel, most for 16-bit PNG with alpha.
    public static final ImageLimits DEFAULT = new ImageLimits(100_000_000, 256L << 20, 10_000);

    // A Java array holds 2^31 - 1 bytes at most, and some virtual machines a few less.
    private static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8;

    public ImageLimits {
        if (maxPixels < 1 || maxPixels > LONGEST_ARRAY / 3) {
            throw new IllegalArgumentException(
                    "maxPixels: expected 1 to " + LONGEST_ARRAY / 3 + ", found " + maxPixels);
        }
        if (maxBytes < 1 || maxBytes > LONGEST_ARRAY) {
            throw new IllegalArgumentException("maxBytes: expected 1 to " + LONGEST_ARRAY + ", found " + maxBytes);
        }
        if (maxFrames < 1) {
            throw new IllegalArgumentException("maxFrames: expected at least 1, found " + maxFrames);
        }
    }
}
