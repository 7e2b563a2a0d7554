package dev.fovea.engine.reduce;

import dev.fovea.engine.image.AnyRes;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.reduce.HiRedSettings.GridOrder;
import dev.fovea.engine.reduce.HiRedSettings.Remainder;
import dev.fovea.engine.reduce.HiRedSettings.Score;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Layout;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.engine.vision.VisualTokens;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/// HiRED: a fixed token budget is split over the tiles by the class attention of the tower's first layer on the base
/// tile, and spent inside each tile on the patches with the highest class attention of the feature layer.
///
/// Source: HiRED (AAAI 2025, arXiv 2408.10945) Algorithm 1, Eq. 1-2, and the authors' `modeling_llava_next.py`,
/// `modeling_llava.py`. Attention is summed over heads. The kept count never exceeds the budget; tokens chosen in the
/// letter-box padding are dropped afterwards, so it is often lower.
public final class HiRed implements TokenReduction {
    private final HiRedSettings settings;

    public HiRed(HiRedSettings settings) {
        this.settings = settings;
    }

    @Override
    public String name() {
        return "hired";
    }

    @Override
    public Map<String, Object> settings() {
        return settings.asMap();
    }

    /// The tower's first layer grants budgets; the layer whose output are the features selects.
    @Override
    public Set<Integer> visionTaps(VisionConfig vision) {
        return settings.keepsAll() ? Set.of() : Set.copyOf(List.of(0, selectionLayer(vision)));
    }

    private static int selectionLayer(VisionConfig vision) {
        return Math.max(0, vision.featureLayer() - 1);
    }

    /// At the full budget the method steps aside and the model sees what it was trained on, newlines included. The
    /// authors' code drops the newlines even then.
    private boolean stepsAside() {
        return settings.keepsAll() && settings.preset() == Preset.PAPER;
    }

    /// Budgets need the base tile alone; a tile without any has nothing to give.
    @Override
    public boolean[] wantedTiles(EncodedImage base) {
        int[] budgets = grant(base.grid(), () -> base.classAttention(0, 0));
        boolean[] wanted = new boolean[budgets.length];
        for (int tile = 0; tile < wanted.length; tile++) {
            wanted[tile] = tile == 0 || budgets[tile] > 0;
        }
        return wanted;
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        if (stepsAside()) {
            return Reduced.of(image.all());
        }
        int layer = selectionLayer(image.config());
        Selection selection =
                select(image.grid(), () -> image.classAttention(0, 0), tile -> image.classAttention(layer, tile));
        VisualTokens kept = image.keep(
                selection.mask(),
                new Layout(placement(image.grid()), settings.newline().layout()));
        return new Reduced(kept, VisualTokens.none(kept.features().cols()), selection.budgets());
    }

    /// What is granted and what is kept, before padding is cut away.
    ///
    /// @param budgets `[tiles]`
    /// @param mask    `[tiles][patches]`
    record Selection(int[] budgets, boolean[][] mask) {}

    /// Grants budgets and spends them.
    ///
    /// @param content   class attention of the first layer on the base tile, `[patches]`
    /// @param attention class attention of the selecting layer by tile, `[patches]` each
    Selection select(Grid grid, Supplier<float[]> content, IntFunction<float[]> attention) {
        int patches = grid.patches() * grid.patches();
        boolean[][] mask = new boolean[grid.tiles()][patches];
        int[] budgets = grant(grid, content);
        for (int tile = 0; tile < grid.tiles(); tile++) {
            if (budgets[tile] == patches) {
                Arrays.fill(mask[tile], true);
            } else if (budgets[tile] > 0) {
                TopTokens.mark(attention.apply(tile), budgets[tile], mask[tile]);
            }
        }
        return new Selection(budgets, mask);
    }

    /// The grid by which kept tokens are put in order. TRANSPOSED swaps rows and columns of tiles but unpads for the
    /// picture as it is: content of non-square pictures is misplaced and cut, as in transformers 4.42.
    Grid placement(Grid grid) {
        if (settings.grid() == GridOrder.FIXED || grid.tiles() == 1) {
            return grid;
        }
        int side = grid.patches();
        AnyRes.Size canvas = new AnyRes.Size(grid.tileCols() * side, grid.tileRows() * side);
        return AnyRes.grid(grid.imageHeight(), grid.imageWidth(), canvas, side, side);
    }

    /// Tokens granted to each tile, base tile first, without tiles of the mosaic that get fewer than the least.
    private int[] grant(Grid grid, Supplier<float[]> content) {
        int patches = grid.patches() * grid.patches();
        int[] budgets = new int[grid.tiles()];
        if (settings.keepsAll()) {
            Arrays.fill(budgets, patches);
            return budgets;
        }
        budgets = budgets(grid, patches, content);
        for (int tile = 1; tile < budgets.length; tile++) {
            if (budgets[tile] < settings.skipBelow()) {
                budgets[tile] = 0;
            }
        }
        return budgets;
    }

    /// Tokens granted to each tile, base tile first; their sum is at most the budget.
    private int[] budgets(Grid grid, int patches, Supplier<float[]> content) {
        int tiles = grid.tiles() - 1;
        int budget = settings.budget().tokens(grid.tiles(), patches);
        int[] budgets = new int[grid.tiles()];
        if (tiles == 0) { // LLaVA-1.5: one picture, alpha does not matter
            budgets[0] = budget;
            return budgets;
        }
        budgets[0] = Math.min((int) (budget * settings.alpha()), patches);
        int shared = Math.min(budget - budgets[0], tiles * patches);
        if (shared > 0) {
            double[] shares = shares(content(content.get(), grid), shared);
            for (int tile = 0; tile < tiles; tile++) {
                budgets[tile + 1] = Math.min(patches, (int) shares[tile]);
            }
            if (settings.remainder() == Remainder.LARGEST) {
                grantRemainder(budgets, shares, shared, patches);
            }
        }
        return budgets;
    }

    /// What each tile is due of `shared` tokens, before truncation: its region's part of the base tile's class
    /// attention.
    private double[] shares(double[] content, int shared) {
        double sum = Arrays.stream(content).sum();
        double[] shares = new double[content.length];
        for (int tile = 0; tile < shares.length; tile++) {
            if (sum == 0) { // unlike the reference, which divides by zero when nothing is flagged: equal shares
                shares[tile] = (double) shared / shares.length;
            } else if (settings.score() == Score.MASS) {
                shares[tile] = shared * content[tile] / sum;
            } else {
                shares[tile] = (float) (content[tile] / sum) * shared; // single precision, as the authors' code
            }
        }
        return shares;
    }

    /// The visual content of each tile's region: attention mass, or the number of flagged patches.
    private double[] content(float[] attention, Grid grid) {
        int[] regions = settings.region().tiles(grid, attention.length);
        double[] content = new double[grid.tiles() - 1];
        if (settings.score() == Score.MASS) {
            for (int p = 0; p < attention.length; p++) {
                content[regions[p]] += attention[p];
            }
            return content;
        }
        int flags = settings.score() == Score.COUNT_ALPHA
                ? (int) (attention.length * (1 - settings.alpha()))
                : Math.min(HiRedSettings.CONSTANT_FLAGS, attention.length);
        for (int p : TopTokens.order(attention, flags)) {
            content[regions[p]]++;
        }
        return content;
    }

    /// Hands the tokens that truncation lost to the tiles with the largest fractional parts.
    private static void grantRemainder(int[] budgets, double[] shares, int shared, int patches) {
        int left = shared;
        float[] fractions = new float[shares.length];
        for (int tile = 0; tile < shares.length; tile++) {
            left -= budgets[tile + 1];
            fractions[tile] = (float) (shares[tile] - budgets[tile + 1]);
        }
        int[] order = TopTokens.order(fractions, fractions.length);
        for (int full = 0; left > 0 && full < order.length; ) {
            full = 0;
            for (int tile : order) {
                if (budgets[tile + 1] == patches) {
                    full++;
                } else if (left > 0) {
                    budgets[tile + 1]++;
                    left--;
                }
            }
        }
    }
}
