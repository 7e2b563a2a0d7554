package dev.fovea.engine.image.codec;

/// Colour conversions of JPEG samples, in the fixed-point arithmetic of libjpeg, and CMYK as Pillow turns it to RGB.
final class Colors {
    private static final int HALF = 1 << 15;

    private Colors() {}

    // libjpeg's constants: the factor times 2^16, rounded.
    private static final int RED_OF_CR = 91881; // 1.40200
    private static final int GREEN_OF_CR = 46802; // 0.71414
    private static final int GREEN_OF_CB = 22554; // 0.34414
    private static final int BLUE_OF_CB = 116130; // 1.77200

    /// Turns Y, Cb, Cr into R, G, B in place.
    ///
    /// @param samples `[pixels, step]`, the first three of each pixel are converted
    static void yccToRgbInPlace(byte[] samples, int step) {
        for (int i = 0; i + step <= samples.length; i += step) {
            int y = samples[i] & 0xff;
            int cb = (samples[i + 1] & 0xff) - 128;
            int cr = (samples[i + 2] & 0xff) - 128;
            samples[i] = clip(y + ((RED_OF_CR * cr + HALF) >> 16));
            samples[i + 1] = clip(y + ((HALF - GREEN_OF_CB * cb - GREEN_OF_CR * cr) >> 16));
            samples[i + 2] = clip(y + ((BLUE_OF_CB * cb + HALF) >> 16));
        }
    }

    /// Turns ink into light, as `Image.convert` does: no profile, `(1 - ink) (1 - key)` in 8 bits.
    ///
    /// @param samples  `[pixels, 4]`: cyan, magenta, yellow, key
    /// @param inverted whether 255 means no ink, as in every JPEG that Pillow reads
    /// @return `[pixels, 3]`
    static byte[] cmykToRgb(byte[] samples, boolean inverted) {
        int flip = inverted ? 0xff : 0;
        byte[] rgb = new byte[samples.length / 4 * 3];
        for (int from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
            int light = 255 - ((samples[from + 3] & 0xff) ^ flip);
            for (int c = 0; c < 3; c++) {
                int product = ((samples[from + c] & 0xff) ^ flip) * light + 128;
                rgb[to + c] = clip(light - (((product >> 8) + product) >> 8));
            }
        }
        return rgb;
    }

    /// Replaces the first three of every four samples by their complement: what YCCK calls red is the light that its
    /// cyan leaves.
    static void complementInPlace(byte[] samples) {
        for (int i = 0; i + 4 <= samples.length; i += 4) {
            samples[i] = (byte) ~samples[i];
            samples[i + 1] = (byte) ~samples[i + 1];
            samples[i + 2] = (byte) ~samples[i + 2];
        }
    }

    private static byte clip(int v) {
        return (byte) Math.clamp(v, 0, 255);
    }
}
