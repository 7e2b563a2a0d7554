package dev.fovea.engine.image;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Pictures that tests and the scripts in `tools/golden` make alike.
final class TestImages {
    /// CLIP's, with the configuration's own decimals.
    @SuppressWarnings("FloatingPointLiteralPrecision")
    static final Normalization CLIP = new Normalization(
            new float[] {0.48145466f, 0.4578275f, 0.40821073f},
            new float[] {0.26862954f, 0.26130258f, 0.27577711f},
            1 / 255.0);

    private TestImages() {}

    /// The high bytes of a linear congruential generator, as `noise` of `tools/golden/images.py`.
    static byte[] noise(int count, int seed) {
        byte[] bytes = new byte[count];
        int state = seed;
        for (int i = 0; i < count; i++) {
            state = state * 1664525 + 1013904223;
            bytes[i] = (byte) (state >>> 24);
        }
        return bytes;
    }

    static RgbImage noiseImage(int height, int width, int seed) {
        return new RgbImage(noise(3 * height * width, seed), height, width);
    }

    static String sha256(RgbImage image) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(image.rgb()));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
