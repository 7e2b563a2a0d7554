package dev.fovea.engine.text;

import dev.fovea.engine.text.DecoderWeights.Layer;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Kernels.Product;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workspace;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A Llama-style decoder: rows to logits. Llama, Vicuna and Mistral differ by their [DecoderConfig] only.
///
/// Source: transformers `models/llama/modeling_llama.py`. A pass is layer-major: all rows go through a layer before
/// any enters the next, so that a hook can drop rows and each layer's weights are read once.
public final class Decoder {
    /// Slots of the workspace.
    private static final int NORMED = 0,
            Q = 1,
            K = 2,
            V = 3,
            ATTENDED = 4,
            BRANCH = 5,
            GATE = 6,
            UP = 7,
            LOGITS = 8,
            ROW = 9;

    /// Rows that pass a block together; bounds the activations, and is wide enough that unpacking the weights once per
    /// block costs little.
    private static final int BLOCK = 1024;

    private final DecoderConfig config;
    private final DecoderWeights weights;
    private final Kernels kernels;
    private final Rotary rotary;

    /// @param rotaryFormat the format in which the model was trained to keep its rotary table
    public Decoder(DecoderConfig config, DecoderWeights weights, Kernels kernels, Format rotaryFormat) {
        this.config = config;
        this.weights = weights;
        this.kernels = kernels;
        this.rotary = new Rotary(config, rotaryFormat);
    }

    public DecoderConfig config() {
        return config;
    }

    public Kernels kernels() {
        return kernels;
    }

    /// Lends a hook a layer's projections of high-resolution tokens.
    public DecoderWeights.HighResolution highResolution(int layer) {
        if (weights.highResolution().isEmpty()) {
            throw new IllegalStateException("decoder: expected projections of high-resolution tokens, found none");
        }
        return weights.highResolution().get(layer);
    }

    /// Lends a hook the rotary table of at least the first `positions` positions.
    public RotaryTable rotary(int positions) {
        return rotary.upTo(positions);
    }

    /// Looks up the embedding of a token.
    ///
    /// @param to `[1, hidden]`
    public void embed(int token, Tensor to) {
        if (token < 0 || token >= config.vocab()) {
            throw new IllegalArgumentException("token: expected 0 … " + (config.vocab() - 1) + ", found " + token);
        }
        weights.embedding().unpackRow(token, to.data(), to.at(0));
    }

    /// Passes rows through all layers, appends their keys and values to the cache and returns the last row's logits.
    ///
    /// @param rows      `[n, hidden]`, overwritten: a prompt of thousands of rows is held once
    /// @param first     the position of the first row; the others follow
    /// @param workspace activations; holds the result until the next pass
    /// @return `[1, vocab]`
    public Tensor forward(
            Tensor rows,
            int first,
            KvCache cache,
            DecoderHook hook,
            Phase phase,
            Monitor monitor,
            Workspace workspace) {
        int[] positions = new int[rows.rows()];
        for (int r = 0; r < positions.length; r++) {
            positions[r] = first + r;
        }
        Tensor x = rows;
        for (int l = 0; l < config.layers(); l++) {
            monitor.layer(l, config.layers());
            LayerPlan plan = hook.beforeLayer(l, positions, phase);
            int[] keep = plan.keepRows();
            if (keep != null) {
                x = gather(x, keep);
                positions = gather(positions, keep);
            }
            x = attend(l, x, positions, cache, plan, hook, phase, workspace);
            feedForward(weights.layers().get(l), x, workspace);
        }
        Tensor last = workspace.tensor(ROW, 1, config.hidden());
        kernels.rmsNorm(x, weights.norm(), config.normEps(), last);
        Tensor logits = workspace.tensor(LOGITS, 1, weights.head().rows());
        kernels.matmul(weights.head(), last, null, logits);
        return logits;
    }

    /// Attention block of one layer: `x += out(attention(norm(x)))`. All rows leave keys and values behind;
    /// nobody reads any row of the last layer but the last one, so it goes on alone from there.
    ///
    /// @return the rows that go on
    private Tensor attend(
            int l,
            Tensor x,
            int[] positions,
            KvCache cache,
            LayerPlan plan,
            DecoderHook hook,
            Phase phase,
            Workspace workspace) {
        int n = x.rows();
        int before = cache.rows(l);
        if (n > BLOCK) {
            cache.reserve(l, before + n);
        }
        RotaryTable table = rotary.upTo(positions[n - 1] + 1);
        int first = l == config.layers() - 1 ? n - 1 : 0; // row that goes on
        for (int begin = 0; begin < n; begin += BLOCK) {
            int end = Math.min(n, begin + BLOCK);
            Tensor normed = workspace.tensor(NORMED, end - begin, config.hidden());
            Layer layer = weights.layers().get(l);
            kernels.rmsNorm(x.slice(begin, end), layer.inputNorm(), config.normEps(), normed);
            int from = Math.clamp(first, begin, end); // the first row of these that goes on
            Tensor q = workspace.tensor(Q, end - from, config.queryCols());
            int[] block = Arrays.copyOfRange(positions, begin, end);
            project(l, normed, from - begin, q, table, block, cache, workspace);
            if (q.rows() == 0) {
                continue;
            }
            int[] rowPositions = Arrays.copyOfRange(positions, from, end);
            Tensor attended = workspace.tensor(ATTENDED, q.rows(), q.cols());
            KeyValues extra = end == n ? plan.extra() : null;
            attendCached(l, q, cache, before + from, plan.hidden(), extra, rowPositions, attended);
            if (end == n && hook.readsAttention(l, phase)) {
                Tensor row = Tensor.zeros(config.heads(), cache.rows(l));
                kernels.attentionWeights(lastRow(q), cache.view(l), row);
                hook.onAttention(l, new AttentionRow(row, cache.positions(l)));
            }
            Tensor branch = workspace.tensor(BRANCH, q.rows(), config.hidden());
            kernels.matmul(layer.out(), attended, null, branch);
            kernels.addInPlace(x.slice(from, end), branch);
        }
        return x.slice(first, n);
    }

    /// Queries of the rows from `from` on, rotated; keys and values of all are appended to the cache.
    ///
    /// @param q         `[rows - from, queryCols]`
    /// @param positions of all rows
    private void project(
            int l,
            Tensor normed,
            int from,
            Tensor q,
            RotaryTable table,
            int[] positions,
            KvCache cache,
            Workspace workspace) {
        Layer layer = weights.layers().get(l);
        Tensor k = workspace.tensor(K, normed.rows(), config.keyCols());
        Tensor v = workspace.tensor(V, normed.rows(), config.keyCols());
        Product keys = new Product(layer.k(), null, k);
        Product values = new Product(layer.v(), null, v);
        if (from == 0) {
            kernels.matmul(List.of(new Product(layer.q(), null, q), keys, values), normed);
        } else {
            kernels.matmul(List.of(keys, values), normed);
            kernels.matmul(layer.q(), normed.slice(from, normed.rows()), null, q);
        }
        kernels.ropeInPlace(q, config.headDim(), table, Arrays.copyOfRange(positions, from, positions.length));
        kernels.ropeInPlace(k, config.headDim(), table, positions);
        cache.append(l, k, v, positions, kernels.workers());
    }

    /// Attention over the cache.
    ///
    /// @param before keys that precede the first row's own
    /// @param hidden positions that no row sees
    /// @param extra  keys and values that the last row sees as well
    private void attendCached(
            int l,
            Tensor q,
            KvCache cache,
            int before,
            @Nullable BitSet hidden,
            @Nullable KeyValues extra,
            int[] positions,
            Tensor attended) {
        KeyValues cached = cache.view(l);
        int plain = extra == null ? q.rows() : q.rows() - 1; // rows that see the cache alone
        if (hidden != null) {
            attendVisible(q, cache, l, hidden, positions, attended);
        } else if (plain > 0) {
            kernels.attention(q.slice(0, plain), cached, new Visible.Causal(before), attended.slice(0, plain));
        }
        if (extra != null) {
            kernels.attentionJoint(lastRow(q), cached, extra, lastRow(attended));
        }
    }

    private static Tensor lastRow(Tensor x) {
        return x.slice(x.rows() - 1, x.rows());
    }

    /// Attention with hidden keys: each row over the visible keys up to its own position.
    private void attendVisible(Tensor q, KvCache cache, int l, BitSet hidden, int[] positions, Tensor attended) {
        int[] held = cache.positions(l);
        int[] visible = IntStream.range(0, held.length)
                .filter(row -> !hidden.get(held[row]))
                .toArray();
        KeyValues all = cache.view(l);
        int width = all.heads() * all.headDim();
        Tensor k = Tensor.zeros(visible.length, width);
        Tensor v = Tensor.zeros(visible.length, width);
        for (int i = 0; i < visible.length; i++) {
            all.format().unpack(all.keys(), (long) visible[i] * all.stride(), width, k.data(), k.at(i));
            all.format().unpack(all.values(), (long) visible[i] * all.stride(), width, v.data(), v.at(i));
        }
        int seen = 0;
        for (int r = 0; r < positions.length; r++) {
            while (seen < visible.length && held[visible[seen]] <= positions[r]) {
                seen++;
            }
            KeyValues prefix = KeyValues.of(k.slice(0, seen), v.slice(0, seen), config.headDim());
            kernels.attention(q.slice(r, r + 1), prefix, new Visible.Full(), attended.slice(r, r + 1));
        }
    }

    /// Feed-forward block of one layer: `x += down(silu(gate(norm(x))) · up(norm(x)))`.
    private void feedForward(Layer layer, Tensor x, Workspace workspace) {
        for (int begin = 0; begin < x.rows(); begin += BLOCK) {
            Tensor rows = x.slice(begin, Math.min(x.rows(), begin + BLOCK));
            Tensor normed = workspace.tensor(NORMED, rows.rows(), config.hidden());
            kernels.rmsNorm(rows, layer.attentionNorm(), config.normEps(), normed);
            Tensor gate = workspace.tensor(GATE, rows.rows(), config.intermediate());
            Tensor up = workspace.tensor(UP, rows.rows(), config.intermediate());
            kernels.matmul(List.of(new Product(layer.gate(), null, gate), new Product(layer.up(), null, up)), normed);
            kernels.siluMulInPlace(gate, up);
            Tensor branch = workspace.tensor(BRANCH, rows.rows(), config.hidden());
            kernels.matmul(layer.down(), gate, null, branch);
            kernels.addInPlace(rows, branch);
        }
    }

    /// Moves the kept rows to the front of `x`, in order.
    private static Tensor gather(Tensor x, int[] keep) {
        for (int r = 0; r < keep.length; r++) {
            if (keep[r] != r) {
                x.copyRow(keep[r], x.data(), x.at(r));
            }
        }
        return x.slice(0, keep.length);
    }

    private static int[] gather(int[] positions, int[] keep) {
        int[] kept = new int[keep.length];
        for (int r = 0; r < keep.length; r++) {
            kept[r] = positions[keep[r]];
        }
        return kept;
    }
}
