package dev.fovea.engine.reduce;

import java.util.List;
import java.util.Map;

/// What a hook that shows high-resolution tokens outside the prompt chose so far, for pictures and reports.
///
/// The high-resolution mosaic is a grid of `cellsPerSide * cellsPerSide` cells, numbered row by row.
public interface CellTrace {
    /// Cells of each image in the order of [dev.fovea.engine.Session#images], step by step, layer by layer: what
    /// that layer's attention chose and the next layer showed to the last row. Step 0 is the prompt, each token
    /// that was fed or a further prompt is one step more.
    ///
    /// @return `[image][step]`, by layer; cells ascending
    List<List<Map<Integer, int[]>>> cells();

    int cellsPerSide();

    /// Cells whose keys and values were ever computed, each layer counted on its own; what the method's projections
    /// cost.
    int cellsComputed();
}
