package dev.fovea.engine.image;

import java.util.List;

/// SigLIP's own processor: the picture resized to a square whatever its proportions.
///
/// @param size    side of the tile in pixels
/// @param patches patches on each side of the tile
public record StretchPolicy(int size, int patches, Resampler.Filter filter, Normalization normalization)
        implements ImagePolicy {
    public StretchPolicy {
        if (size < 1) {
            throw new IllegalArgumentException("stretch: expected a size of at least 1, found " + size);
        }
    }

    @Override
    public Grid grid(int height, int width) {
        return Grid.single(patches, height, width);
    }

    @Override
    public Tiling tiling(RgbImage image, Resampler.Pieces pieces) {
        RgbImage square = Resampler.resize(image, size, size, filter, pieces);
        Grid grid = grid(image.height(), image.width());
        return new Tiling(grid, List.of(normalization.toTensor(square)), List.of(square), size, size);
    }
}
