package dev.fovea.engine.reduce;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.VisualTokens;
import dev.fovea.kernel.Tensor;
import java.util.Map;

/// Controls by average pooling: `pool` shrinks the base tile and the mosaic alike until they fit the budget;
/// `thumbnail` keeps the base tile only, pooled when the budget is smaller than it.
///
/// A pooled token's origin is the place at the centre of its window.
public final class PooledTokens implements TokenReduction {
    private final Budget budget;
    private final boolean baseOnly;

    /// @param baseOnly whether the mosaic is left out (`thumbnail`)
    public PooledTokens(Budget budget, boolean baseOnly) {
        this.budget = budget;
        this.baseOnly = baseOnly;
    }

    static PooledTokens from(Choices choices, boolean baseOnly) {
        return new PooledTokens(choices.budget(baseOnly ? Budget.all() : Budget.standard()), baseOnly);
    }

    @Override
    public String name() {
        return baseOnly ? "thumbnail" : "pool";
    }

    @Override
    public Map<String, Object> settings() {
        return Settings.ordered("budget", budget.toString());
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        Grid grid = image.grid();
        int side = grid.patches();
        int windowRows = baseOnly ? 0 : grid.keptRows();
        int windowCols = baseOnly ? 0 : grid.keptCols();
        int count = Candidates.count(image, budget, side * side + windowRows * windowCols);
        if (!baseOnly && count == side * side + windowRows * windowCols) {
            return Reduced.of(image.all());
        }
        int base = side; // pooled side of the base tile; the mosaic shrinks by the same factor
        while (base > 0 && base * base + pooled(windowRows, base, side) * pooled(windowCols, base, side) > count) {
            base--;
        }
        int rows = pooled(windowRows, base, side);
        int cols = pooled(windowCols, base, side);
        Tensor features = Tensor.zeros(base * base + rows * cols, image.config().hidden());
        int[] origins = new int[features.rows()];
        Window whole = new Window(0, 0, side, side);
        Window mosaic = new Window(grid.cropTop(), grid.cropLeft(), windowRows, windowCols);
        for (int i = 0; i < base * base; i++) {
            origins[i] = pool(image, whole, true, i / base, base, i % base, base, features, i);
        }
        for (int i = 0; i < rows * cols; i++) {
            int to = base * base + i;
            origins[to] = pool(image, mosaic, false, i / cols, rows, i % cols, cols, features, to);
        }
        return Reduced.of(new VisualTokens(features, origins));
    }

    private static int pooled(int extent, int base, int side) {
        return extent * base / side;
    }

    /// Part of the base tile or of the mosaic, in patches.
    private record Window(int top, int left, int rows, int cols) {}

    /// Averages cell (`row` of `rows`, `col` of `cols`) of a window into row `to` of `features`; windows as in
    /// adaptive average pooling. Returns the place at the cell's centre.
    private static int pool(
            EncodedImage image,
            Window window,
            boolean base,
            int row,
            int rows,
            int col,
            int cols,
            Tensor features,
            int to) {
        int top = row * window.rows() / rows;
        int bottom = ((row + 1) * window.rows() + rows - 1) / rows;
        int left = col * window.cols() / cols;
        int right = ((col + 1) * window.cols() + cols - 1) / cols;
        float weight = 1f / ((bottom - top) * (right - left));
        int at = features.at(to);
        for (int y = window.top() + top; y < window.top() + bottom; y++) {
            for (int x = window.left() + left; x < window.left() + right; x++) {
                int place = place(image, base, y, x);
                Tensor tile = image.features(place / image.patches());
                int from = tile.at(place % image.patches());
                for (int d = 0; d < tile.cols(); d++) {
                    features.data()[at + d] += weight * tile.data()[from + d];
                }
            }
        }
        return place(image, base, window.top() + (top + bottom) / 2, window.left() + (left + right) / 2);
    }

    /// The place of patch (`y`, `x`) of the base tile or of the mosaic.
    private static int place(EncodedImage image, boolean base, int y, int x) {
        Grid grid = image.grid();
        int side = grid.patches();
        int tile = base ? 0 : 1 + y / side * grid.tileCols() + x / side;
        return tile * image.patches() + y % side * side + x % side;
    }
}
