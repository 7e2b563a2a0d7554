package dev.fovea.engine.image;

/// How a checkpoint wants its pictures resized and cut. Comes from the checkpoint's configuration, never from a method.
public sealed interface ImagePolicy permits AnyResPolicy, CropPolicy, HiResPolicy, PadPolicy, StretchPolicy {
    /// Resizes, cuts and normalises one picture.
    Tiling tiling(RgbImage image);

    /// The grid that [#tiling] would give a picture of this size, without any pixels.
    Grid grid(int height, int width);
}
