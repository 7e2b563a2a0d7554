package dev.fovea.engine;

import dev.fovea.engine.family.ImageSettings;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.vision.VisualTokens;

/// How a method spent its tokens on one image: favoured places and tokens lost to padding are known failures of
/// this field, and these numbers show them.
///
/// @param kept       tokens that stand for a place of the picture
/// @param merged     tokens that stand for no single place
/// @param newlines   row ends
/// @param granted    tokens that the method granted to tiles; 0 when it grants none
/// @param padded     tokens that padding cost: granted but dropped with it, or kept though they show nothing else
/// @param baseRows   `[patches]`: kept tokens in each row of the base tile
/// @param mosaicRows `[tileRows * patches]`: kept tokens in each row of the mosaic
public record Audit(int kept, int merged, int newlines, int granted, int padded, int[] baseRows, int[] mosaicRows) {

    /// Counts the tokens of an image.
    ///
    /// @param origins the tokens that count, as [VisualTokens#origins]
    /// @param granted to each tile; empty when the method grants none
    public static Audit of(VlmConfig config, Grid grid, int[] origins, int[] granted) {
        Padding padding = new Padding(config, grid);
        int patches = grid.patchesPerTile();
        int side = grid.patches();
        int[] base = new int[side];
        int[] mosaic = new int[grid.mosaicRows()];
        int kept = 0;
        int merged = 0;
        int padded = 0;
        for (int origin : origins) {
            if (origin < 0) {
                merged += origin == VisualTokens.MERGED ? 1 : 0;
                continue;
            }
            kept++;
            int tile = origin / patches;
            int row = origin % patches / side;
            if (tile == 0) {
                base[row]++;
            } else {
                mosaic[(tile - 1) / grid.tileCols() * side + row]++;
            }
            padded += padding.holds(origin) ? 1 : 0;
        }
        int total = 0;
        for (int tokens : granted) {
            total += tokens;
        }
        int dropped = Math.max(0, total - kept);
        return new Audit(kept, merged, origins.length - kept - merged, total, padded + dropped, base, mosaic);
    }

    /// The share of the granted tokens, or of the kept ones where none are granted, that padding cost.
    public double paddedShare() {
        int of = granted > 0 ? granted : kept;
        return of == 0 ? 0 : (double) padded / of;
    }

    /// Kept tokens in each third of the picture's height, base tile and mosaic together; padding rows count as well.
    ///
    /// @return `[3]`: top, middle, bottom
    public int[] thirds() {
        int[] thirds = new int[3];
        for (int[] rows : new int[][] {baseRows, mosaicRows}) {
            for (int row = 0; row < rows.length; row++) {
                thirds[row * 3 / rows.length] += rows[row];
            }
        }
        return thirds;
    }

    /// Which places show nothing but padding.
    private record Padding(VlmConfig config, Grid grid) {
        boolean holds(int place) {
            int side = grid.patches();
            int tile = place / grid.patchesPerTile();
            int row = place % grid.patchesPerTile() / side;
            int col = place % side;
            if (squared()) {
                int rows = tile == 0 ? side : grid.mosaicRows();
                int y = tile == 0 ? row : (tile - 1) / grid.tileCols() * side + row;
                int x = tile == 0 ? col : (tile - 1) % grid.tileCols() * side + col;
                return outside(y, rows, grid.imageHeight()) || outside(x, rows, grid.imageWidth());
            }
            if (tile == 0) {
                return false;
            }
            int y = (tile - 1) / grid.tileCols() * side + row - grid.cropTop();
            int x = (tile - 1) % grid.tileCols() * side + col - grid.cropLeft();
            return y < 0 || y >= grid.keptRows() || x < 0 || x >= grid.keptCols();
        }

        /// Whether the model sees the picture centred on a square.
        private boolean squared() {
            return config.flex().isPresent() || config.image().fit() == ImageSettings.Fit.PAD;
        }

        /// Whether line `at` of `lines` shows none of a picture of `extent` pixels centred on the square.
        private boolean outside(int at, int lines, int extent) {
            int square = Math.max(grid.imageHeight(), grid.imageWidth());
            int before = (square - extent) / 2; // the odd pixel goes behind, as in PadPolicy
            double begin = before * (double) lines / square;
            double end = (before + extent) * (double) lines / square;
            return at + 1 <= begin || at >= end;
        }
    }
}
