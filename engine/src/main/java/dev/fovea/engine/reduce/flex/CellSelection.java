package dev.fovea.engine.reduce.flex;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.reduce.TopTokens;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Chooses the cells of one picture from how a row attends to its low-resolution tokens.
///
/// Source: the authors' `modeling_llama.py`, high-resolution selection module: sum over heads, letterbox margins to
/// zero, scale to 0 … 1, threshold, max-pool to cells.
final class CellSelection {
    private final FlexSettings settings;
    private final Cells cells;
    private final int margin; // rows or columns of padding on each side
    private final boolean wide; // the padding lies above and below

    CellSelection(FlexSettings settings, Grid grid) {
        this.settings = settings;
        this.cells = new Cells(grid.patches(), grid.tileRows());
        int longer = Math.max(grid.imageHeight(), grid.imageWidth());
        int half = Math.abs(grid.imageHeight() - grid.imageWidth()) / 2;
        // Half the gap in whole pixels, truncated to whole patches: partly padded ones stay, as in the reference.
        this.margin = (int) ((double) half / longer * grid.patches());
        this.wide = grid.imageWidth() > grid.imageHeight();
    }

    Cells cells() {
        return cells;
    }

    int margin() {
        return margin;
    }

    /// The chosen cells, ascending.
    ///
    /// @param attention `[side * side]`, summed over heads; overwritten
    /// @param draw      tells random choices apart
    int[] select(float[] attention, long draw) {
        return switch (settings.selection()) {
            case THRESHOLD -> above(cells.pool(scaled(attention)));
            case TOP -> best(cells.pool(scaled(attention)));
            case RANDOM -> {
                SplittableRandom random = new SplittableRandom(settings.seed() * 0x9E3779B97F4A7C15L + draw);
                float[] scores = new float[Cells.COUNT];
                for (int cell = 0; cell < scores.length; cell++) {
                    scores[cell] = (float) random.nextDouble();
                }
                yield best(scores);
            }
        };
    }

    /// Scales the map to 0 … 1 after its margins became zero. Unlike the reference, where a uniform map turns into
    /// NaN, which chooses nothing, it becomes zero, which chooses nothing either.
    private float[] scaled(float[] map) {
        int side = cells.side();
        for (int i = 0; i < map.length; i++) {
            int line = wide ? i / side : i % side;
            if (line < margin || line >= side - margin) {
                map[i] = 0;
            }
        }
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        for (float value : map) {
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        for (int i = 0; i < map.length; i++) {
            map[i] = max > min ? (map[i] - min) / (max - min) : 0;
        }
        return map;
    }

    /// Pooling and comparing commute, so the comparison comes last.
    private int[] above(float[] pooled) {
        int[] chosen = new int[pooled.length];
        int n = 0;
        for (int cell = 0; cell < pooled.length; cell++) {
            if (255 * pooled[cell] > settings.threshold()) {
                chosen[n++] = cell;
            }
        }
        return Arrays.copyOf(chosen, n);
    }

    /// The best cells while their tokens fit the budget; ties go to the lower cell.
    private int[] best(float[] scores) {
        int left = settings.budget().tokens(1, cells.highSide() * cells.highSide());
        int[] order = TopTokens.order(scores, scores.length);
        int n = 0;
        while (n < order.length && cells.tokens(order[n]).length <= left) {
            left -= cells.tokens(order[n++]).length;
        }
        int[] chosen = Arrays.copyOf(order, n);
        Arrays.sort(chosen);
        return chosen;
    }
}
