package dev.fovea.engine.vision;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.vision.Layout.Newlines;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import java.util.Arrays;
import java.util.List;

/// What a reduction method sees of one image: features and class attention of every tile; tile 0 is the whole
/// picture, small.
///
/// Read-only for methods. Owns grid order, unpadding and newlines, so that no method writes image layout.
public final class EncodedImage {
    private final Grid grid;
    private final TowerOutput output;
    private final VisionConfig config;
    private final Kernels kernels;
    private final boolean newlines;

    /// @param newlines whether the model has a newline vector
    public EncodedImage(Grid grid, TowerOutput output, VisionConfig config, Kernels kernels, boolean newlines) {
        if (output.features().size() != grid.tiles()) {
            throw new IllegalArgumentException(
                    "encoded image: " + output.features().size() + " tiles for a grid of " + grid.tiles());
        }
        this.grid = grid;
        this.output = output;
        this.config = config;
        this.kernels = kernels;
        this.newlines = newlines;
    }

    public Grid grid() {
        return grid;
    }

    /// Tiles, the base picture included.
    public int tiles() {
        return grid.tiles();
    }

    /// Patches of one tile.
    public int patches() {
        return config.patches();
    }

    public VisionConfig config() {
        return config;
    }

    public Kernels kernels() {
        return kernels;
    }

    /// Features of one tile, `[patches, visionDim]`.
    public Tensor features(int tile) {
        return output.features().get(tile);
    }

    /// The class query and the keys of one tile in a tower layer that the method asked for.
    public Tap tap(int layer, int tile) {
        List<Tap> taps = output.taps().get(layer);
        if (taps == null) {
            throw new IllegalStateException(
                    "layer " + layer + " was not tapped, only " + output.taps().keySet());
        }
        return taps.get(tile);
    }

    /// Attention of the class token to the patches, summed over heads: softmax per head over all tokens, the class
    /// token included, whose own column is then left out.
    ///
    /// @return `[patches]`
    public float[] classAttention(int layer, int tile) {
        Tap tap = tap(layer, tile);
        int headDim = config.hidden() / config.heads();
        Tensor weights = Tensor.zeros(config.heads(), patches() + 1); // [heads, 1 + patches]
        kernels.attentionWeights(tap.classQuery(), KeyValues.of(tap.keys(), tap.keys(), headDim), weights);
        float[] sum = new float[patches()];
        for (int head = 0; head < config.heads(); head++) {
            int at = weights.at(head) + 1;
            for (int p = 0; p < sum.length; p++) {
                sum[p] += weights.data()[at + p];
            }
        }
        return sum;
    }

    /// All tokens as the model was trained to see them: base tile, then the unpadded mosaic with its row ends.
    public VisualTokens all() {
        boolean[][] mask = new boolean[tiles()][patches()];
        for (boolean[] tile : mask) {
            Arrays.fill(tile, true);
        }
        return keep(mask, new Layout(grid, newlines ? Newlines.ALL_ROWS : Newlines.NONE));
    }

    /// The tokens of a mask: kept base tokens in raster order, then kept tokens of the mosaic in mosaic raster
    /// order. Tokens outside the grid's window (padding) are dropped even if the mask holds them.
    ///
    /// @param mask `[tiles][patches]`
    public VisualTokens keep(boolean[][] mask, Layout layout) {
        int[] places = order(mask, layout);
        int kept = 0;
        for (int place : places) {
            kept += place == VisualTokens.NEWLINE ? 0 : 1;
        }
        Tensor features = Tensor.zeros(kept, config.hidden());
        int row = 0;
        for (int place : places) {
            if (place != VisualTokens.NEWLINE) {
                features(place / patches()).copyRow(place % patches(), features.data(), features.at(row++));
            }
        }
        return new VisualTokens(features, places);
    }

    /// All tokens of the mosaic in raster order, padding and all, whether or not the prompt gets them.
    public VisualTokens mosaic() {
        int cols = grid.mosaicCols();
        Grid whole = new Grid(
                grid.tileRows(),
                grid.tileCols(),
                grid.patches(),
                0,
                0,
                grid.mosaicRows(),
                cols,
                grid.imageHeight(),
                grid.imageWidth());
        boolean[][] mask = new boolean[tiles()][patches()];
        for (int tile = 1; tile < mask.length; tile++) {
            Arrays.fill(mask[tile], true);
        }
        return keep(mask, new Layout(whole, Newlines.NONE));
    }

    /// Origins of the tokens that [#keep] returns.
    private int[] order(boolean[][] mask, Layout layout) {
        Grid mosaic = layout.grid();
        int side = mosaic.patches();
        int[] order = new int[tiles() * patches() + mosaic.keptRows()];
        int n = 0;
        for (int p = 0; p < patches(); p++) {
            if (mask[0][p]) {
                order[n++] = p;
            }
        }
        for (int y = mosaic.cropTop(); y < mosaic.cropTop() + mosaic.keptRows(); y++) {
            int rowBegin = n;
            for (int x = mosaic.cropLeft(); x < mosaic.cropLeft() + mosaic.keptCols(); x++) {
                int tile = 1 + y / side * mosaic.tileCols() + x / side;
                int patch = y % side * side + x % side;
                if (mask[tile][patch]) {
                    order[n++] = tile * patches() + patch;
                }
            }
            boolean end =
                    layout.newlines() == Newlines.ALL_ROWS || layout.newlines() == Newlines.KEPT_ROWS && n > rowBegin;
            if (end && newlines) {
                order[n++] = VisualTokens.NEWLINE;
            }
        }
        return Arrays.copyOf(order, n);
    }
}
