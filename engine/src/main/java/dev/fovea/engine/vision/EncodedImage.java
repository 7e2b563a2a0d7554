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
    private static final int NOT_ENCODED = -1;

    private final Grid grid;
    private final int[] order; // [tiles]: which tile of the output each is, or NOT_ENCODED
    private final TowerOutput output;
    private final VisionConfig config;
    private final Kernels kernels;
    private final boolean newlines;

    /// @param output   of all tiles, or of tile 0 alone
    /// @param newlines whether the model has a newline vector
    public EncodedImage(Grid grid, TowerOutput output, VisionConfig config, Kernels kernels, boolean newlines) {
        this(grid, orderOf(grid, output), output, config, kernels, newlines);
    }

    private EncodedImage(
            Grid grid, int[] order, TowerOutput output, VisionConfig config, Kernels kernels, boolean newlines) {
        this.grid = grid;
        this.order = order;
        this.output = output;
        this.config = config;
        this.kernels = kernels;
        this.newlines = newlines;
    }

    private static int[] orderOf(Grid grid, TowerOutput output) {
        int found = output.features().size();
        if (found != grid.tiles() && found != 1) {
            throw new IllegalArgumentException("encoded image: " + found + " tiles for a grid of " + grid.tiles());
        }
        int[] order = new int[grid.tiles()];
        for (int tile = 0; tile < order.length; tile++) {
            order[tile] = tile < found ? tile : NOT_ENCODED;
        }
        return order;
    }

    /// This image with further tiles.
    ///
    /// @param more of the tiles that `wanted` `[tiles]` holds and this image does not, in order
    public EncodedImage with(boolean[] wanted, TowerOutput more) {
        int[] longer = order.clone();
        int next = encodedTiles();
        for (int tile = 0; tile < longer.length; tile++) {
            if (wanted[tile] && longer[tile] == NOT_ENCODED) {
                longer[tile] = next++;
            }
        }
        if (next != encodedTiles() + more.features().size()) {
            throw new IllegalArgumentException("encoded image: "
                    + more.features().size() + " more tiles where " + (next - encodedTiles()) + " are wanted");
        }
        return new EncodedImage(grid, longer, output.then(more), config, kernels, newlines);
    }

    public Grid grid() {
        return grid;
    }

    /// Tiles that a method may look at.
    public int encodedTiles() {
        return output.features().size();
    }

    /// Whether a method may look at a tile: whether it wanted to.
    public boolean encoded(int tile) {
        return order[tile] != NOT_ENCODED;
    }

    /// Where a tile stands in the tower's output.
    private int at(int tile) {
        if (!encoded(tile)) {
            throw new IllegalStateException(
                    "tile " + tile + ": expected one that the method wanted to see, found one that was not encoded");
        }
        return order[tile];
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
        return output.features().get(at(tile));
    }

    /// The class query and the keys of one tile in a tower layer that the method asked for.
    public Tap tap(int layer, int tile) {
        List<Tap> taps = output.taps().get(layer);
        if (taps == null) {
            throw new IllegalStateException(
                    "layer " + layer + " was not tapped, only " + output.taps().keySet());
        }
        return taps.get(at(tile));
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
        int[] places = placesOf(mask, layout);
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
    private int[] placesOf(boolean[][] mask, Layout layout) {
        Grid mosaic = layout.grid();
        int side = mosaic.patches();
        int[] places = new int[tiles() * patches() + mosaic.keptRows()];
        int n = 0;
        for (int p = 0; p < patches(); p++) {
            if (mask[0][p]) {
                places[n++] = p;
            }
        }
        for (int y = mosaic.cropTop(); y < mosaic.cropTop() + mosaic.keptRows(); y++) {
            int rowBegin = n;
            for (int x = mosaic.cropLeft(); x < mosaic.cropLeft() + mosaic.keptCols(); x++) {
                int tile = 1 + y / side * mosaic.tileCols() + x / side;
                int patch = y % side * side + x % side;
                if (mask[tile][patch]) {
                    places[n++] = tile * patches() + patch;
                }
            }
            boolean end =
                    layout.newlines() == Newlines.ALL_ROWS || layout.newlines() == Newlines.KEPT_ROWS && n > rowBegin;
            if (end && newlines) {
                places[n++] = VisualTokens.NEWLINE;
            }
        }
        return Arrays.copyOf(places, n);
    }
}
