package dev.fovea.eval.run;

import dev.fovea.engine.family.ImageSettings;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.image.Grid;
import dev.fovea.eval.Box;
import java.util.Arrays;
import java.util.List;

/// Which patches of a picture's tiles show its evidence.
///
/// A patch counts when a box covers more than [#SHARE] of it, or when it holds more than [#PART] of the box; the
/// training recipe uses the same rule.
///
/// @param patches `[tiles][patches]`, the whole picture first
public record Evidence(boolean[][] patches) {
    private static final double SHARE = 0.12;
    private static final double PART = 0.3;

    /// Where a line of the picture, `at` pixels from its beginning, lies in a tile: `at * scale + offset`.
    private record Line(double scale, double offset) {
        double of(double at) {
            return at * scale + offset;
        }

        Line minus(double pixels) {
            return new Line(scale, offset - pixels);
        }
    }

    /// How a model that cut a picture into `grid` sees these boxes.
    public static Evidence of(VlmConfig config, Grid grid, List<Box> boxes) {
        int side = config.vision().imageSize();
        boolean[][] patches = new boolean[grid.tiles()][grid.patchesPerTile()];
        Line x = base(config, grid.imageWidth(), grid.imageHeight());
        Line y = base(config, grid.imageHeight(), grid.imageWidth());
        mark(patches[0], grid.patches(), side, boxes, x, y);
        if (grid.tileRows() > 0) {
            Line mosaicX = mosaic(config, grid, true);
            Line mosaicY = mosaic(config, grid, false);
            for (int tile = 1; tile < patches.length; tile++) {
                int row = (tile - 1) / grid.tileCols();
                int col = (tile - 1) % grid.tileCols();
                Line tileX = mosaicX.minus((double) col * side);
                mark(patches[tile], grid.patches(), side, boxes, tileX, mosaicY.minus((double) row * side));
            }
        }
        return new Evidence(patches);
    }

    /// The base tile along one axis of `extent` pixels, `other` along the other.
    private static Line base(VlmConfig config, int extent, int other) {
        int side = config.vision().imageSize();
        if (config.flex().isPresent() || config.image().fit() == ImageSettings.Fit.PAD) {
            return squared(extent, other, side);
        }
        if (config.image().fit() == ImageSettings.Fit.CENTER_CROP) {
            double scale = (double) config.image().shortEdge() / Math.min(extent, other);
            return new Line(scale, (side - extent * scale) / 2);
        }
        return new Line((double) side / extent, 0);
    }

    /// The mosaic along one axis: a larger square, or the canvas on which the picture is centred.
    private static Line mosaic(VlmConfig config, Grid grid, boolean horizontal) {
        int side = config.vision().imageSize();
        int width = grid.imageWidth();
        int height = grid.imageHeight();
        int extent = horizontal ? width : height;
        if (config.flex().isPresent()) {
            return squared(
                    extent, horizontal ? height : width, config.flex().get().highSize());
        }
        int canvasWidth = grid.tileCols() * side;
        int canvasHeight = grid.tileRows() * side;
        double scaleX = (double) canvasWidth / width;
        double scaleY = (double) canvasHeight / height;
        boolean wide = scaleX < scaleY; // the width fills the canvas
        int newWidth = wide ? canvasWidth : (int) Math.min(Math.ceil(width * scaleY), canvasWidth);
        int newHeight = wide ? (int) Math.min(Math.ceil(height * scaleX), canvasHeight) : canvasHeight;
        int canvas = horizontal ? canvasWidth : canvasHeight;
        int resized = horizontal ? newWidth : newHeight;
        return new Line((double) resized / extent, (canvas - resized) / 2);
    }

    private static Line squared(int extent, int other, int side) {
        int square = Math.max(extent, other);
        double scale = (double) side / square;
        return new Line(scale, (square - extent) / 2 * scale);
    }

    private static void mark(boolean[] tile, int patches, int side, List<Box> boxes, Line x, Line y) {
        double patch = (double) side / patches;
        for (Box box : boxes) {
            double left = x.of(box.left());
            double right = x.of(box.right());
            double top = y.of(box.top());
            double bottom = y.of(box.bottom());
            double area = (right - left) * (bottom - top) / (patch * patch); // of the box, in patches
            for (int i = 0; i < tile.length; i++) {
                double wide = overlap(left, right, i % patches * patch, patch);
                double covered = wide * overlap(top, bottom, i / patches * patch, patch);
                tile[i] |= covered > 0 && (covered > SHARE || covered > PART * area);
            }
        }
    }

    /// The share of `[begin, begin + length)` that `[from, to)` covers.
    private static double overlap(double from, double to, double begin, double length) {
        return Math.max(0, Math.min(to, begin + length) - Math.max(from, begin)) / length;
    }

    /// Patches that show evidence at the highest resolution: those of the mosaic, or of the base tile where there is
    /// no other.
    public int finest() {
        int count = 0;
        for (int tile = first(); tile < patches.length; tile++) {
            for (boolean shows : patches[tile]) {
                count += shows ? 1 : 0;
            }
        }
        return count;
    }

    /// The share of the [#finest] patches that are among `places` (`tile * patches + patch`); NaN where there are
    /// none.
    public double recall(int[] places) {
        int perTile = patches[0].length;
        long kept = Arrays.stream(places)
                .distinct()
                .filter(place -> place >= first() * perTile && patches[place / perTile][place % perTile])
                .count();
        int all = finest();
        return all == 0 ? Double.NaN : (double) kept / all;
    }

    private int first() {
        return patches.length > 1 ? 1 : 0;
    }
}
