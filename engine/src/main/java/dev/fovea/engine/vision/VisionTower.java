package dev.fovea.engine.vision;

import dev.fovea.engine.vision.VisionWeights.Layer;
import dev.fovea.engine.vision.VisionWeights.Linear;
import dev.fovea.engine.vision.VisionWeights.Norm;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Kernels.Product;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A CLIP vision transformer: normalised pixels to patch features.
///
/// Source: transformers `models/clip/modeling_clip.py`. Only the layers that the features and the taps need are run.
/// Below, `tokens` is 1 + patches; row 0 is the class token.
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

    /// Encodes tiles one after the other, so that what a tile gives does not depend on its company, bit for bit,
    /// however a technique shares out rows, and the activations of one tile are all that is held.
    ///
    /// @param tiles     normalised pixels `[3, imageSize, imageSize]` each
    /// @param taps      layers (0-based) whose class query and keys are wanted; one may lie past the feature layer
    /// @param workspace activations; the result does not share it
    public TowerOutput encode(List<float[]> tiles, Set<Integer> taps, Workspace workspace) {
        for (int tap : taps) {
            if (tap < 0 || tap >= weights.layers().size()) {
                throw new IllegalArgumentException("vision tap: expected a layer of 0 … "
                        + (weights.layers().size() - 1) + ", found " + tap);
            }
        }
        List<Tensor> features = new ArrayList<>();
        Map<Integer, List<Tap>> tapped = new TreeMap<>();
        for (int tap : taps) {
            tapped.put(tap, new ArrayList<>());
        }
        for (float[] tile : tiles) {
            features.add(encode(tile, tapped, workspace));
        }
        return new TowerOutput(features, tapped);
    }

    /// Encodes one tile and adds its taps to `tapped`.
    private Tensor encode(float[] tile, Map<Integer, List<Tap>> tapped, Workspace workspace) {
        int run = config.featureLayer(); // layers 0 … run - 1 run in full
        for (int tap : tapped.keySet()) {
            run = Math.max(run, tap);
        }
        Tensor x = embed(tile, workspace); // [tokens, visionDim]
        for (int l = 0; l < config.featureLayer(); l++) {
            layer(l, x, tapped.get(l), workspace);
        }
        Tensor features = patchRows(x);
        for (int l = config.featureLayer(); l < run; l++) {
            layer(l, x, tapped.get(l), workspace);
        }
        List<Tap> last = tapped.get(run);
        if (last != null) {
            last.add(tapWithoutLayer(run, x, workspace));
        }
        return features;
    }

    /// Patch convolution, class token, positions and the norm before the first layer.
    ///
    /// @param pixels `[3, imageSize, imageSize]`
    private Tensor embed(float[] pixels, Workspace workspace) {
        int size = config.imageSize();
        if (pixels.length != 3 * size * size) {
            throw new IllegalArgumentException(
                    "tile: expected 3 * " + size + " * " + size + " values, found " + pixels.length);
        }
        int patches = config.patches();
        Tensor columns =
                workspace.tensor(WIDE, patches, weights.patchEmbedding().cols());
        kernels.workers().forEach(patches, (patch, _) -> unfold(pixels, patch, columns));
        Tensor x = workspace.tensor(X, patches + 1, config.hidden());
        System.arraycopy(weights.classEmbedding(), 0, x.data(), x.at(0), x.cols());
        kernels.matmul(weights.patchEmbedding(), columns, null, x.slice(1, patches + 1));
        kernels.addInPlace(x, Tensor.of(weights.positionEmbedding(), patches + 1, x.cols()));
        kernels.layerNorm(x, weights.preNorm().weight(), weights.preNorm().bias(), config.layerNormEps(), x);
        return x;
    }

    /// Flattens one patch of a tile channel by channel, as the convolution's weight is.
    ///
    /// @param pixels  `[3, imageSize, imageSize]`
    /// @param columns `[patches, 3 * patch * patch]`
    private void unfold(float[] pixels, int p, Tensor columns) {
        int size = config.imageSize();
        int patch = config.patchSize();
        int side = size / patch;
        int to = columns.at(p);
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < patch; y++) {
                int from = (channel * size + p / side * patch + y) * size + p % side * patch;
                System.arraycopy(pixels, from, columns.data(), to, patch);
                to += patch;
            }
        }
    }

    private Tensor norm(Norm norm, Tensor x, Workspace workspace) {
        Tensor normed = workspace.tensor(NORMED, x.rows(), x.cols());
        kernels.layerNorm(x, norm.weight(), norm.bias(), config.layerNormEps(), normed);
        return normed;
    }

    private static Product product(Linear linear, Tensor y) {
        return new Product(linear.weight(), linear.bias(), y);
    }

    private void linear(Linear linear, Tensor x, Tensor y) {
        kernels.matmul(linear.weight(), x, linear.bias(), y);
    }

    /// One transformer layer; `x` is replaced by its output.
    ///
    /// @param taps where the layer's tap goes, or null
    private void layer(int l, Tensor x, @Nullable List<Tap> taps, Workspace workspace) {
        Layer layer = weights.layers().get(l);
        Tensor normed = norm(layer.norm1(), x, workspace);
        Tensor q = workspace.tensor(Q, x.rows(), x.cols());
        Tensor k = workspace.tensor(K, x.rows(), x.cols());
        Tensor v = workspace.tensor(V, x.rows(), x.cols());
        kernels.matmul(List.of(product(layer.q(), q), product(layer.k(), k), product(layer.v(), v)), normed);
        if (taps != null) {
            taps.add(new Tap(q.slice(0, 1).copy(), k.copy()));
        }
        Tensor attended = workspace.tensor(ATTENDED, x.rows(), x.cols());
        kernels.attention(q, KeyValues.of(k, v, config.headDim()), ALL, attended);
        Tensor branch = workspace.tensor(BRANCH, x.rows(), x.cols());
        linear(layer.out(), attended, branch);
        kernels.addInPlace(x, branch);
        Tensor wide = workspace.tensor(WIDE, x.rows(), config.intermediate());
        linear(layer.fc1(), norm(layer.norm2(), x, workspace), wide);
        kernels.activateInPlace(config.activation(), wide);
        linear(layer.fc2(), wide, branch);
        kernels.addInPlace(x, branch);
    }

    /// The tap of a layer that is not run: one norm, the class token's query, all keys.
    private Tap tapWithoutLayer(int l, Tensor x, Workspace workspace) {
        Layer layer = weights.layers().get(l);
        Tensor normed = norm(layer.norm1(), x, workspace);
        Tensor k = workspace.tensor(K, x.rows(), x.cols());
        linear(layer.k(), normed, k);
        Tensor q = workspace.tensor(Q, 1, x.cols());
        linear(layer.q(), normed.slice(0, 1), q);
        return new Tap(q.copy(), k.copy());
    }

    /// Copies the patch rows, leaving the class token out.
    private static Tensor patchRows(Tensor x) {
        return x.slice(1, x.rows()).copy();
    }
}
