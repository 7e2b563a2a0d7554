package dev.fovea.engine.image;

/// How a picture was cut, counted in patches: tile 0 is the whole picture, tiles 1 and on are the mosaic, row by
/// row.
///
/// ```text
///             tileCols * patches
///        ┌───────────────────────────┐
///        │ padding       cropTop     │
///        ├───────────────────────────┤
///        │ the picture   keptRows    │   tileRows * patches
///        ├───────────────────────────┤
///        │ padding                   │
///        └───────────────────────────┘
/// ```
///
/// @param tileRows    0, with `tileCols`, where there is only tile 0
/// @param patches     patches on each side of a tile
/// @param cropTop     mosaic rows of padding above the picture
/// @param cropLeft    mosaic columns of padding left of it
/// @param keptRows    mosaic rows that unpadding keeps; 0, with `keptCols`, where the mosaic stays outside the
///                    prompt
/// @param keptCols    mosaic columns that unpadding keeps
/// @param imageHeight of the picture before any resizing
public record Grid(
        int tileRows,
        int tileCols,
        int patches,
        int cropTop,
        int cropLeft,
        int keptRows,
        int keptCols,
        int imageHeight,
        int imageWidth) {
    public Grid {
        boolean fits = cropTop >= 0
                && cropLeft >= 0
                && keptRows >= 0
                && keptCols >= 0
                && cropTop + keptRows <= tileRows * patches
                && cropLeft + keptCols <= tileCols * patches;
        if (tileRows < 0 || (tileRows == 0) != (tileCols == 0) || patches < 1 || !fits) {
            throw new IllegalArgumentException("grid: a window of " + keptRows + " x " + keptCols + " at " + cropTop
                    + ", " + cropLeft + " in " + tileRows + " x " + tileCols + " tiles of " + patches + " patches");
        }
    }

    /// Tile 0 alone.
    public static Grid single(int patches, int imageHeight, int imageWidth) {
        return new Grid(0, 0, patches, 0, 0, 0, 0, imageHeight, imageWidth);
    }

    /// Tile 0 for the prompt, and a mosaic of which the prompt gets nothing.
    public static Grid outside(int tileRows, int tileCols, int patches, int imageHeight, int imageWidth) {
        return new Grid(tileRows, tileCols, patches, 0, 0, 0, 0, imageHeight, imageWidth);
    }

    /// All tiles, the whole picture included.
    public int tiles() {
        return 1 + tileRows * tileCols;
    }

    public int patchesPerTile() {
        return patches * patches;
    }

    public int mosaicRows() {
        return tileRows * patches;
    }

    public int mosaicCols() {
        return tileCols * patches;
    }

    /// Whether the mosaic stays outside the prompt.
    public boolean mosaicOutside() {
        return tileRows > 0 && keptRows * keptCols == 0;
    }

    /// Tile 0, then the kept window with one newline at the end of each row.
    public int tokensWithNewlines() {
        return patchesPerTile() + keptRows * (keptCols + 1);
    }

    public int tokensWithoutNewlines() {
        return patchesPerTile() + keptRows * keptCols;
    }
}
