package dev.fovea.engine;

/// What became of one image.
///
/// @param width        pixels, upright
/// @param height       pixels, upright
/// @param tileRows     rows of tiles; 0 when only the whole picture is encoded
/// @param tileCols     columns of tiles
/// @param tiles        tiles that the picture was cut into, the base picture included
/// @param encodedTiles those that the tower encoded: the method may have wanted fewer
/// @param tokensBefore visual tokens without reduction, newlines included
/// @param tokens       visual tokens that the language model got, newlines included
/// @param outside      tokens outside the prompt that the method may show to the decoder
/// @param budgets      tokens that the method granted to each tile; empty when it grants none
public record ImageStats(
        int width,
        int height,
        int tileRows,
        int tileCols,
        int tiles,
        int encodedTiles,
        int tokensBefore,
        int tokens,
        int outside,
        int[] budgets) {}
