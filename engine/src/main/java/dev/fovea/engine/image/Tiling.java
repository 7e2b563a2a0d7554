package dev.fovea.engine.image;

import java.util.List;

/// A picture ready for the vision tower.
///
/// @param tiles  `[3, height, width]` each, normalised; tile 0 is the whole picture, the mosaic follows row by row
/// @param pixels the same tiles before normalisation; those of [HiResPolicy] lack tile 0, which never had 8-bit pixels
/// @param height of every tile, in pixels
/// @param width  of every tile, in pixels
public record Tiling(Grid grid, List<float[]> tiles, List<RgbImage> pixels, int height, int width) {
    public Tiling {
        tiles = List.copyOf(tiles);
        pixels = List.copyOf(pixels);
        if (tiles.size() != grid.tiles()) {
            throw new IllegalArgumentException("tiling: expected " + grid.tiles() + " tiles, found " + tiles.size());
        }
        for (float[] tile : tiles) {
            if (tile.length != 3L * height * width) {
                throw new IllegalArgumentException(
                        "tile [3, " + height + ", " + width + "]: found " + tile.length + " floats");
            }
        }
    }
}
