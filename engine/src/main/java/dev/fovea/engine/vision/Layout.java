package dev.fovea.engine.vision;

import dev.fovea.engine.image.Grid;

/// How kept tokens are put in order: the mosaic of the grid's tiles, cropped to its window, and its row ends.
public record Layout(Grid grid, Newlines newlines) {
    /// Which mosaic rows end with a newline token.
    public enum Newlines {
        NONE,
        /// Rows of the window of which at least one token is kept.
        KEPT_ROWS,
        /// All rows of the window.
        ALL_ROWS
    }
}
