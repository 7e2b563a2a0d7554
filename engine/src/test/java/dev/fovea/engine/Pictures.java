package dev.fovea.engine;

import dev.fovea.engine.image.RgbImage;
import java.util.Random;

/// Pictures made up for tests.
public final class Pictures {
    private Pictures() {}

    /// Every byte at random; the same for the same seed.
    public static RgbImage noise(int height, int width, long seed) {
        byte[] rgb = new byte[3 * height * width];
        new Random(seed).nextBytes(rgb);
        return new RgbImage(rgb, height, width);
    }
}
