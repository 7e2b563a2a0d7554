package dev.fovea.eval.run;

import dev.fovea.engine.Session;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.reduce.CellTrace;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.PruningTrace;
import dev.fovea.engine.vision.VisualTokens;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/// Which places of a picture the language model got to see in a session's last answer.
final class Sighting {
    private Sighting() {}

    /// Places `tile * patches + patch`; empty as a whole where a method's tokens stand for no single places.
    static int[] places(Session session) {
        ImageSpan span = session.images().getFirst();
        int[] origins = span.tokens().origins();
        IntStream shown = IntStream.range(0, origins.length);
        if (session.hook() instanceof PruningTrace trace) {
            shown = Arrays.stream(trace.keptPositions())
                    .map(position -> position - span.begin())
                    .filter(index -> index >= 0 && index < origins.length);
        }
        int[] seen =
                shown.map(index -> origins[index]).filter(origin -> origin >= 0).toArray();
        if (session.hook() instanceof CellTrace trace) {
            int[] cells = cells(trace, span.grid());
            return IntStream.concat(Arrays.stream(seen), Arrays.stream(cells)).toArray();
        }
        return seen;
    }

    /// Whether places say what the model saw: not where tokens are averages.
    static boolean tells(Session session) {
        return Arrays.stream(session.images().getFirst().tokens().origins())
                .noneMatch(origin -> origin == VisualTokens.MERGED);
    }

    /// Places of the mosaic in cells that any layer showed to the prompt's last row.
    private static int[] cells(CellTrace trace, Grid grid) {
        Set<Integer> shown = new HashSet<>();
        if (!trace.cells().isEmpty() && !trace.cells().getFirst().isEmpty()) {
            Map<Integer, int[]> prompt = trace.cells().getFirst().getFirst();
            prompt.values().forEach(cells -> Arrays.stream(cells).forEach(shown::add));
        }
        int side = grid.patches();
        int cells = trace.cellsPerSide();
        return IntStream.range(0, grid.mosaicRows() * grid.mosaicCols())
                .filter(i -> {
                    int row = i / grid.mosaicCols() * cells / grid.mosaicRows();
                    int col = i % grid.mosaicCols() * cells / grid.mosaicCols();
                    return shown.contains(row * cells + col);
                })
                .map(i -> {
                    int row = i / grid.mosaicCols();
                    int col = i % grid.mosaicCols();
                    int tile = 1 + row / side * grid.tileCols() + col / side;
                    return tile * grid.patchesPerTile() + row % side * side + col % side;
                })
                .toArray();
    }
}
