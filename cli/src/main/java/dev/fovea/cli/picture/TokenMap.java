package dev.fovea.cli.picture;

import dev.fovea.engine.image.Grid;

/// Which places of a picture stay, and how near the others were.
///
/// @param kept    `[tiles * patches]`
/// @param ranks   `[tiles * patches]`: 0 … 1, higher is nearer to staying; empty where nothing ranks
public record TokenMap(Grid grid, boolean[] kept, float[] ranks) {

    /// The map of the tokens with these origins; newlines and merged tokens have no place on it.
    public static TokenMap of(Grid grid, int[] origins, float[] ranks) {
        boolean[] kept = new boolean[grid.tiles() * grid.patchesPerTile()];
        for (int origin : origins) {
            if (origin >= 0) {
                kept[origin] = true;
            }
        }
        return new TokenMap(grid, kept, ranks);
    }

    /// One of the two views of a picture, in patches: the base tile or the mosaic.
    record View(TokenMap map, boolean mosaic) {
        int rows() {
            return mosaic ? map.grid.mosaicRows() : map.grid.patches();
        }

        int cols() {
            return mosaic ? map.grid.mosaicCols() : map.grid.patches();
        }

        /// The place at a row and column of this view.
        int place(int row, int col) {
            int side = map.grid.patches();
            int tile = mosaic ? 1 + row / side * map.grid.tileCols() + col / side : 0;
            return tile * map.grid.patchesPerTile() + row % side * side + col % side;
        }

        boolean kept(int row, int col) {
            return row >= 0 && row < rows() && col >= 0 && col < cols() && map.kept[place(row, col)];
        }

        /// Negative where nothing ranks.
        float rank(int row, int col) {
            return map.ranks.length == 0 ? -1 : map.ranks[place(row, col)];
        }

        /// Whether unpadding cuts it off.
        boolean padding(int row, int col) {
            Grid grid = map.grid;
            return mosaic
                    && (row < grid.cropTop()
                            || row >= grid.cropTop() + grid.keptRows()
                            || col < grid.cropLeft()
                            || col >= grid.cropLeft() + grid.keptCols());
        }

        int kept() {
            int count = 0;
            for (int row = 0; row < rows(); row++) {
                count += keptInRow(row);
            }
            return count;
        }

        int keptInRow(int row) {
            int count = 0;
            for (int col = 0; col < cols(); col++) {
                count += kept(row, col) ? 1 : 0;
            }
            return count;
        }

        /// Kept places of one tile, counted as the grid counts them.
        int keptInTile(int tile) {
            int count = 0;
            int first = tile * map.grid.patchesPerTile();
            for (int p = first; p < first + map.grid.patchesPerTile(); p++) {
                count += map.kept[p] ? 1 : 0;
            }
            return count;
        }
    }

    View base() {
        return new View(this, false);
    }

    View mosaic() {
        return new View(this, true);
    }
}
