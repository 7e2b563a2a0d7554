package dev.fovea.engine.reduce.flex;

import java.util.Arrays;

/// How the low-resolution grid, the cells and the high-resolution grid of one picture lie over each other.
///
/// ```text
/// low  [side, side]      attention; a cell's window is that of an adaptive max-pool, so neighbours overlap
/// cell [SIDE, SIDE]      the unit of selection
/// high [zoom * side, …]  tokens; each belongs to the nearest cell, 8 x 8 of them to a cell at 24 and 3
/// ```
record Cells(int side, int zoom) {
    /// Cells on each side, a literal of the authors' code.
    static final int SIDE = 9;

    static final int COUNT = SIDE * SIDE;

    /// Raises each cell to the largest value in its window.
    ///
    /// @param map `[side * side]`
    /// @return `[COUNT]`
    float[] pool(float[] map) {
        float[] pooled = new float[COUNT];
        Arrays.fill(pooled, Float.NEGATIVE_INFINITY);
        for (int cell = 0; cell < COUNT; cell++) {
            int row = cell / SIDE;
            int col = cell % SIDE;
            for (int y = begin(row); y < end(row); y++) {
                for (int x = begin(col); x < end(col); x++) {
                    pooled[cell] = Math.max(pooled[cell], map[y * side + x]);
                }
            }
        }
        return pooled;
    }

    /// First low-resolution row or column of a window.
    int begin(int cell) {
        return cell * side / SIDE;
    }

    /// One past its last.
    int end(int cell) {
        return ((cell + 1) * side + SIDE - 1) / SIDE;
    }

    /// High-resolution tokens on each side.
    int highSide() {
        return zoom * side;
    }

    /// The tokens of a cell in raster order.
    int[] tokens(int cell) {
        int high = highSide();
        int rows = highBegin(cell / SIDE + 1) - highBegin(cell / SIDE);
        int cols = highBegin(cell % SIDE + 1) - highBegin(cell % SIDE);
        int[] tokens = new int[rows * cols];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = (highBegin(cell / SIDE) + i / cols) * high + highBegin(cell % SIDE) + i % cols;
        }
        return tokens;
    }

    /// The first token on an axis whose nearest cell, `floor(token * SIDE / highSide)`, is `cell`.
    private int highBegin(int cell) {
        return (cell * highSide() + SIDE - 1) / SIDE;
    }
}
