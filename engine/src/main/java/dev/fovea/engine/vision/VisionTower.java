package dev.fovea.engine.vision;

import dev.fovea.engine.vision.VisionWeights.Layer;
import dev.fovea.engine.vision.VisionWeights.Linear;
import dev.fovea.engine.vision.VisionWeights.Norm;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A CLIP vision transformer: normalised pixels to patch features.
///
/// Source: transformers `models/clip/modeling_clip.py`. Only the layers that the features and the taps need are run.
/// Below, `tokens` is 1 + patches, and the rows of all tiles stand one under the other: row `tile * tokens` is a class
/// token.
public final class VisionTower {
    private static final Visible ALL = new Visible.Full();

    /// Slots of the workspace.
    private static final int X = 0, NORMED = 1, Q = 2, K = 3, V = 4, ATTENDED = 5, BRANCH = 6, WIDE = 7;

    private final VisionConfig config;
    private final VisionWeights weights;
    private final Kernels kernels;

    public VisionTower(VisionConfig config, VisionWeights weights, Kernels kernels) {
        this.config = config;
        this.weights = weights;
        this.kernels = kernels;
    }

    public VisionConfig config() {
        return config;
    }

    /// Layers that can be run or tapped; a file may lack the last ones of the tower.
    public int layers() {
        return weights.layers().size();
    }

    /// Encodes tiles, all of them through each layer before any enters the next.
    ///
    /// @param tiles     normalised pixels `[3, imageSize, imageSize]` each
    /// @param taps      layers (0-based) whose class query and keys are wanted; one may lie past the feature layer
    /// @param workspace activations; the result does not share it
    public TowerOutput encode(List<float[]> tiles, Set<Integer> taps, Workspace workspace) {
        int run = config.featureLayer(); // layers 0 … run - 1 run in full
        for (int tap : taps) {
            if (tap < 0 || tap >= weights.layers().size()) {
                throw new IllegalArgumentException("vision tap: expected a layer of 0 … "
                        + (weights.layers().size() - 1) + ", found " + tap);
            }
            run = Math.max(run, tap);
        }
        Map<Integer, List<Tap>> tapped = new TreeMap<>();
        Tensor x = embed(tiles, workspace); // [tiles * tokens, visionDim]
        List<Tensor> features = config.featureLayer() == 0 ? patchRows(x, tiles.size()) : List.of();
        for (int l = 0; l < run; l++) {
            Tensor normed = norm(weights.layers().get(l).norm1(), x, workspace);
            layer(l, x, normed, taps, tapped, tiles.size(), workspace);
            if (l + 1 == config.featureLayer()) {
                features = patchRows(x, tiles.size());
            }
        }
        if (taps.contains(run)) {
            tapped.put(run, tapWithoutLayer(run, x, tiles.size(), workspace));
        }
        return new TowerOutput(features, tapped);
    }

    /// Patch convolution, class token, positions and the norm before the first layer.
    private Tensor embed(List<float[]> tiles, Workspace workspace) {
        int patches = config.patches();
        int hidden = config.hidden();
        Tensor columns = workspace.tensor(
                WIDE, tiles.size() * patches, weights.patchEmbedding().cols());
        for (int t = 0; t < tiles.size(); t++) {
            unfold(tiles.get(t), columns.slice(t * patches, (t + 1) * patches));
        }
        Tensor embedded = workspace.tensor(BRANCH, columns.rows(), hidden); // [tiles * patches, visionDim]
        kernels.matmul(weights.patchEmbedding(), columns, null, embedded);
        Tensor x = workspace.tensor(X, tiles.size() * (patches + 1), hidden);
        float[] position = weights.positionEmbedding(); // [tokens, visionDim]
        for (int t = 0; t < tiles.size(); t++) {
            int row = t * (patches + 1);
            sum(weights.classEmbedding(), 0, position, 0, x, row);
            for (int p = 0; p < patches; p++) {
                sum(embedded.data(), embedded.at(t * patches + p), position, (p + 1) * hidden, x, row + 1 + p);
            }
        }
        kernels.layerNorm(x, weights.preNorm().weight(), weights.preNorm().bias(), config.layerNormEps(), x);
        return x;
    }

    private static void sum(float[] a, int atA, float[] b, int atB, Tensor to, int row) {
        int at = to.at(row);
        for (int i = 0; i < to.cols(); i++) {
            to.data()[at + i] = a[atA + i] + b[atB + i];
        }
    }

    /// Cuts one tile into patches, each flattened channel by channel as the convolution's weight is.
    ///
    /// @param pixels  `[3, imageSize, imageSize]`
    /// @param columns `[patches, 3 * patch * patch]`
    private void unfold(float[] pixels, Tensor columns) {
        int size = config.imageSize();
        int patch = config.patchSize();
        int side = size / patch;
        if (pixels.length != 3 * size * size) {
            throw new IllegalArgumentException(
                    "tile: expected 3 * " + size + " * " + size + " values, found " + pixels.length);
        }
        for (int p = 0; p < side * side; p++) {
            int to = columns.at(p);
            for (int channel = 0; channel < 3; channel++) {
                for (int y = 0; y < patch; y++) {
                    int from = (channel * size + p / side * patch + y) * size + p % side * patch;
                    System.arraycopy(pixels, from, columns.data(), to, patch);
                    to += patch;
                }
            }
        }
    }

    private Tensor norm(Norm norm, Tensor x, Workspace workspace) {
        Tensor normed = workspace.tensor(NORMED, x.rows(), x.cols());
        kernels.layerNorm(x, norm.weight(), norm.bias(), config.layerNormEps(), normed);
        return normed;
    }

    private void linear(Linear linear, Tensor x, Tensor y) {
        kernels.matmul(linear.weight(), x, linear.bias(), y);
    }

    /// One transformer layer; `x` is replaced by its output.
    private void layer(
            int l,
            Tensor x,
            Tensor normed,
            Set<Integer> taps,
            Map<Integer, List<Tap>> tapped,
            int tiles,
            Workspace workspace) {
        Layer layer = weights.layers().get(l);
        int headDim = config.hidden() / config.heads();
        int tokens = config.patches() + 1;
        Tensor q = workspace.tensor(Q, x.rows(), x.cols());
        Tensor k = workspace.tensor(K, x.rows(), x.cols());
        Tensor v = workspace.tensor(V, x.rows(), x.cols());
        linear(layer.q(), normed, q);
        linear(layer.k(), normed, k);
        linear(layer.v(), normed, v);
        if (taps.contains(l)) {
            tapped.put(l, tapsOf(q, tokens, k, tiles));
        }
        Tensor attended = workspace.tensor(ATTENDED, x.rows(), x.cols());
        for (int t = 0; t < tiles; t++) {
            int begin = t * tokens;
            int end = begin + tokens;
            KeyValues keyValues = KeyValues.of(k.slice(begin, end), v.slice(begin, end), headDim);
            kernels.attention(q.slice(begin, end), keyValues, ALL, attended.slice(begin, end));
        }
        Tensor branch = workspace.tensor(BRANCH, x.rows(), x.cols());
        linear(layer.out(), attended, branch);
        kernels.addInPlace(x, branch);
        Tensor wide = workspace.tensor(WIDE, x.rows(), config.intermediate());
        linear(layer.fc1(), norm(layer.norm2(), x, workspace), wide);
        kernels.activateInPlace(config.activation(), wide);
        linear(layer.fc2(), wide, branch);
        kernels.addInPlace(x, branch);
    }

    /// The taps of a layer that is not run: one norm, the class tokens' queries, all keys.
    private List<Tap> tapWithoutLayer(int l, Tensor x, int tiles, Workspace workspace) {
        Layer layer = weights.layers().get(l);
        int tokens = config.patches() + 1;
        Tensor normed = norm(layer.norm1(), x, workspace);
        Tensor k = workspace.tensor(K, x.rows(), x.cols());
        linear(layer.k(), normed, k);
        Tensor classRows = new Tensor(normed.data(), normed.offset(), tiles, normed.cols(), tokens * normed.stride());
        Tensor q = workspace.tensor(Q, tiles, x.cols());
        linear(layer.q(), classRows, q);
        return tapsOf(q, 1, k, tiles);
    }

    /// Copies the class queries (every `step`-th row of `q`) and the keys of each tile.
    private List<Tap> tapsOf(Tensor q, int step, Tensor k, int tiles) {
        int tokens = config.patches() + 1;
        List<Tap> taps = new ArrayList<>();
        for (int t = 0; t < tiles; t++) {
            taps.add(new Tap(
                    q.slice(t * step, t * step + 1).copy(),
                    k.slice(t * tokens, (t + 1) * tokens).copy()));
        }
        return taps;
    }

    /// Copies the patch rows of every tile, leaving the class tokens out.
    private List<Tensor> patchRows(Tensor x, int tiles) {
        int tokens = config.patches() + 1;
        List<Tensor> perTile = new ArrayList<>();
        for (int t = 0; t < tiles; t++) {
            perTile.add(x.slice(t * tokens + 1, (t + 1) * tokens).copy());
        }
        return perTile;
    }
}
