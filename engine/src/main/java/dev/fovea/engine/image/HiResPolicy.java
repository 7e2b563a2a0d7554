package dev.fovea.engine.image;

import java.util.ArrayList;
import java.util.List;

/// FlexAttention: the picture centred on a square, resized to high resolution, cut into tiles; tile 0 is a
/// reduction of the normalised high-resolution tensor itself, not of the picture. Only tile 0 belongs to the
/// prompt.
///
/// @param highResSize side of the square in pixels, a multiple of `size`
/// @param size        side of a tile in pixels
/// @param patches     patches on each side of a tile
public record HiResPolicy(int highResSize, int size, int patches, Resampler.Filter filter, Normalization normalization)
        implements ImagePolicy {
    public HiResPolicy {
        if (size < 1 || highResSize < size || highResSize % size != 0) {
            throw new IllegalArgumentException(
                    "high resolution: expected a multiple of tile " + size + ", found " + highResSize);
        }
    }

    @Override
    public Grid grid(int height, int width) {
        int zoom = highResSize / size;
        return Grid.outside(zoom, zoom, patches, height, width);
    }

    @Override
    public Tiling tiling(RgbImage image, Resampler.Pieces pieces) {
        Grid grid = grid(image.height(), image.width());
        RgbImage highRes = Resampler.resizeSquared(image, highResSize, normalization.meanColor(), filter, pieces);
        float[] tensor = normalization.toTensor(highRes); // [3, highResSize, highResSize]
        List<float[]> tiles = new ArrayList<>();
        List<RgbImage> pixels = new ArrayList<>();
        tiles.add(Resampler.bilinearAntialias(tensor, 3, highResSize, highResSize, size, size, pieces));
        for (int row = 0; row < grid.tileRows(); row++) {
            for (int col = 0; col < grid.tileCols(); col++) {
                RgbImage tile = highRes.crop(row * size, col * size, size, size);
                pixels.add(tile);
            }
        }
        tiles.addAll(normalization.toTensors(pixels, pieces));
        return new Tiling(grid, tiles, pixels, size, size);
    }
}
