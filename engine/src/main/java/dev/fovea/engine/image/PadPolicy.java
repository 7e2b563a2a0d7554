package dev.fovea.engine.image;

import java.util.List;

/// The original LLaVA-1.5: the picture centred on a square of the mean colour, then resized.
///
/// @param size    side of the tile in pixels
/// @param patches patches on each side of the tile
public record PadPolicy(int size, int patches, Resampler.Filter filter, Normalization normalization)
        implements ImagePolicy {
    public PadPolicy {
        if (size < 1) {
            throw new IllegalArgumentException("pad: expected a size of at least 1, found " + size);
        }
    }

    @Override
    public Grid grid(int height, int width) {
        return Grid.single(patches, height, width);
    }

    @Override
    public Tiling tiling(RgbImage image, Resampler.Pieces pieces) {
        RgbImage square = Resampler.resizeSquared(image, size, normalization.meanColor(), filter, pieces);
        Grid grid = grid(image.height(), image.width());
        return new Tiling(grid, List.of(normalization.toTensor(square)), List.of(square), size, size);
    }
}
