package dev.fovea.engine.image;

/// How a checkpoint wants its pictures resized and cut. Comes from the checkpoint's configuration, never from a method.
public sealed interface ImagePolicy permits AnyResPolicy, CropPolicy, HiResPolicy, PadPolicy, StretchPolicy {
    /// Resizes, cuts and normalises one picture.
    ///
    /// @param pieces shares the work; the result does not depend on how
    Tiling tiling(RgbImage image, Resampler.Pieces pieces);

    /// The same in the calling thread alone.
    default Tiling tiling(RgbImage image) {
        return tiling(image, Resampler.Pieces.IN_TURN);
    }

    /// The grid that [#tiling] would give a picture of this size, without any pixels.
    Grid grid(int height, int width);
}
