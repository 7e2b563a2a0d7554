package dev.fovea.engine.image;

import dev.fovea.engine.image.AnyRes.Size;
import java.util.ArrayList;
import java.util.List;

/// LLaVA-NeXT: the whole picture squeezed into one tile, then the picture on its best canvas, cut into tiles.
///
/// @param pinpoints the canvases to choose from, in the configuration's order, which breaks ties
/// @param tile      side of a tile in pixels; divides every canvas
/// @param patches   patches on each side of a tile
public record AnyResPolicy(
        List<Size> pinpoints, int tile, int patches, Resampler.Filter filter, Normalization normalization)
        implements ImagePolicy {
    public AnyResPolicy {
        pinpoints = List.copyOf(pinpoints);
        if (pinpoints.isEmpty()) {
            throw new IllegalArgumentException("pinpoints: expected at least one, found none");
        }
        for (Size canvas : pinpoints) {
            if (tile < 1 || canvas.height() % tile != 0 || canvas.width() % tile != 0) {
                throw new IllegalArgumentException(
                        "pinpoints: expected multiples of tile " + tile + ", found " + canvas);
            }
        }
    }

    @Override
    public Grid grid(int height, int width) {
        return AnyRes.grid(height, width, AnyRes.bestResolution(height, width, pinpoints), tile, patches);
    }

    @Override
    public Tiling tiling(RgbImage image, Resampler.Pieces pieces) {
        Size canvasSize = AnyRes.bestResolution(image.height(), image.width(), pinpoints);
        Grid grid = AnyRes.grid(image.height(), image.width(), canvasSize, tile, patches);
        RgbImage canvas = AnyRes.onCanvas(image, canvasSize, filter, pieces);
        List<RgbImage> pixels = new ArrayList<>();
        pixels.add(Resampler.resize(image, tile, tile, filter, pieces));
        for (int row = 0; row < grid.tileRows(); row++) {
            for (int col = 0; col < grid.tileCols(); col++) {
                pixels.add(canvas.crop(row * tile, col * tile, tile, tile));
            }
        }
        List<float[]> tiles = normalization.toTensors(pixels, pieces);
        return new Tiling(grid, tiles, pixels, tile, tile);
    }
}
