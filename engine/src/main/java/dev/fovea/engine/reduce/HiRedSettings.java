package dev.fovea.engine.reduce;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.vision.Layout.Newlines;
import java.util.LinkedHashMap;
import java.util.Map;

/// Every choice of [HiRed]; the two presets are the paper's algorithm and the authors' code.
///
/// @param preset    which preset the settings began as
/// @param alpha     the base tile's share of the budget, 0 … 1
/// @param skipBelow tiles of the mosaic that get fewer tokens than this get none and are not encoded; their tokens
///                  are lost. 0 changes nothing
public record HiRedSettings(
        Preset preset,
        Budget budget,
        double alpha,
        Score score,
        Region region,
        GridOrder grid,
        Newline newline,
        Remainder remainder,
        int skipBelow) {

    /// How many patches [Score#COUNT_CONST] flags; the constant that later versions of the authors' code are said to
    /// use.
    static final int CONSTANT_FLAGS = 100;

    public HiRedSettings {
        if (!(alpha >= 0 && alpha <= 1)) {
            throw new IllegalArgumentException("hired alpha: expected 0 … 1, found " + alpha);
        }
        if (skipBelow < 0) {
            throw new IllegalArgumentException("hired skip_below: expected a count of tokens, found " + skipBelow);
        }
    }

    /// The visual content score of a tile.
    public enum Score {
        /// Attention mass over the region (paper, Eq. 1).
        MASS,
        /// How many of the `patches * (1 - alpha)` highest-scoring patches lie in the region (authors' code).
        COUNT_ALPHA,
        /// How many of the [#CONSTANT_FLAGS] highest-scoring patches lie in the region.
        COUNT_CONST
    }

    /// Which patches of the base tile belong to a tile.
    public enum Region {
        /// Equal blocks in both directions (paper).
        BLOCK2D,
        /// Equal runs of consecutive patches, that is horizontal strips (authors' code).
        STRIP1D,
        /// As BLOCK2D, but through the letter-box: where the patch's centre lies on the padded canvas.
        PADAWARE;

        /// The tile, 0-based without the base tile, of every patch of the base tile.
        int[] tiles(Grid grid, int patches) {
            int side = grid.patches();
            int count = grid.tileRows() * grid.tileCols();
            int[] tiles = new int[patches];
            for (int p = 0; p < patches; p++) {
                tiles[p] = switch (this) {
                    case STRIP1D -> Math.min(p / (patches / count), count - 1);
                    case BLOCK2D ->
                        block(p / side, side, grid.tileRows()) * grid.tileCols()
                                + block(p % side, side, grid.tileCols());
                    case PADAWARE ->
                        inWindow(p / side, side, grid.tileRows(), picture(grid, true)) * grid.tileCols()
                                + inWindow(p % side, side, grid.tileCols(), picture(grid, false));
                };
            }
            return tiles;
        }

        private static int block(int at, int side, int tiles) {
            return at * tiles / side;
        }

        /// The share of the canvas that the letter-boxed picture fills, vertically or horizontally; it is centred.
        private static double picture(Grid grid, boolean vertical) {
            double down = (double) grid.tileRows() / grid.imageHeight();
            double across = (double) grid.tileCols() / grid.imageWidth();
            return Math.min(1, vertical ? across / down : down / across);
        }

        /// The tile under the centre of base patch `at` when the picture fills `share` of the canvas.
        private static int inWindow(int at, int side, int tiles, double share) {
            double centre = 0.5 + ((at + 0.5) / side - 0.5) * share;
            return Math.min(tiles - 1, (int) (centre * tiles));
        }
    }

    /// Whether non-square grids are read as they are or with rows and columns swapped, as transformers 4.42 did.
    public enum GridOrder {
        FIXED,
        TRANSPOSED
    }

    /// Row ends among the kept tokens.
    public enum Newline {
        NONE(Newlines.NONE),
        KEPT_ROWS(Newlines.KEPT_ROWS),
        ALL_ROWS(Newlines.ALL_ROWS);

        private final Newlines layout;

        Newline(Newlines layout) {
            this.layout = layout;
        }

        Newlines layout() {
            return layout;
        }
    }

    /// What happens to the tokens that truncation loses.
    public enum Remainder {
        DROP,
        LARGEST
    }

    /// The paper's algorithm, completed where it says nothing (see the method's page).
    public static HiRedSettings paper(Budget budget) {
        return new HiRedSettings(
                Preset.PAPER,
                budget,
                0.5,
                Score.MASS,
                Region.BLOCK2D,
                GridOrder.FIXED,
                Newline.NONE,
                Remainder.DROP,
                0);
    }

    /// The authors' code of August 2024, quirk for quirk, with the settings of its scripts.
    public static HiRedSettings reference(Budget budget) {
        return new HiRedSettings(
                Preset.REFERENCE,
                budget,
                0.5,
                Score.COUNT_ALPHA,
                Region.STRIP1D,
                GridOrder.TRANSPOSED,
                Newline.NONE,
                Remainder.DROP,
                0);
    }

    /// The preset of a request with the settings that it overrides.
    static HiRedSettings from(Choices choices) {
        Budget budget = choices.budget(Budget.standard());
        HiRedSettings preset = choices.preset(Preset.PAPER) == Preset.PAPER ? paper(budget) : reference(budget);
        return new HiRedSettings(
                preset.preset(),
                preset.budget(),
                choices.number("alpha", preset.alpha()),
                choices.word("score", preset.score()),
                choices.word("region", preset.region()),
                choices.word("grid", preset.grid()),
                choices.word("newline", preset.newline()),
                choices.word("remainder", preset.remainder()),
                choices.count("skip_below", preset.skipBelow()));
    }

    /// Whether the budget is everything.
    boolean keepsAll() {
        return budget instanceof Budget.Rate(double rate) && rate >= 1;
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("preset", Words.of(preset));
        map.put("budget", budget.toString());
        map.put("alpha", alpha);
        map.put("score", Words.of(score));
        map.put("region", Words.of(region));
        map.put("grid", Words.of(grid));
        map.put("newline", Words.of(newline));
        map.put("remainder", Words.of(remainder));
        map.put("skip_below", skipBelow);
        return map;
    }
}
