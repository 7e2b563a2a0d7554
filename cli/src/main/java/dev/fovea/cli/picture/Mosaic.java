package dev.fovea.cli.picture;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.RgbImage;
import java.util.List;

/// Puts tiles side by side.
final class Mosaic {
    private Mosaic() {}

    /// All tiles but the first, the whole picture, row by row.
    static RgbImage of(Grid grid, List<RgbImage> tiles) {
        int side = tiles.getFirst().height();
        RgbImage mosaic = RgbImage.filled(grid.tileRows() * side, grid.tileCols() * side, 0);
        for (int tile = 1; tile < tiles.size(); tile++) {
            byte[] from = tiles.get(tile).rgb();
            int top = (tile - 1) / grid.tileCols() * side;
            int left = (tile - 1) % grid.tileCols() * side;
            for (int y = 0; y < side; y++) {
                System.arraycopy(from, 3 * side * y, mosaic.rgb(), 3 * ((top + y) * mosaic.width() + left), 3 * side);
            }
        }
        return mosaic;
    }
}
