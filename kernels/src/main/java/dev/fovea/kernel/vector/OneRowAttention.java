package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Attention of one query row, as in decoding: bound by reading keys and values. Each worker has some heads,
/// and reads of every row of keys the part that belongs to all of them.
final class OneRowAttention {
    /// Keys unpacked at a time.
    private static final int KEYS = 16;

    /// Numbers of keys for which waking a second thread pays.
    private static final int SHARED = 1 << 15;

    private final RowCodec codec;
    private final Rows rows;
    private final Workers workers;

    OneRowAttention(Width width, Workers workers) {
        this.codec = width.codec();
        this.rows = width.rows();
        this.workers = workers;
    }

    /// `y = softmax(q kᵀ / √headDim) v` over the keys of `kv`, then those of `extra`.
    void attend(Tensor q, KeyValues kv, @Nullable KeyValues extra, Tensor y) {
        int keys = kv.rows() + (extra == null ? 0 : extra.rows());
        forHeads(kv, keys, (begin, end, worker) -> {
            int group = q.cols() / kv.headDim() / kv.heads();
            // [heads][keys] scores, then a block of keys
            int blockAt = (end - begin) * group * keys;
            float[] scratch = workers.scratch(worker, blockAt + blockFloats(end - begin, kv.headDim()));
            scores(q, kv, begin, end, scratch, 0, keys, scratch, blockAt);
            if (extra != null) {
                scores(q, extra, begin, end, scratch, kv.rows(), keys, scratch, blockAt);
            }
            for (int head = 0; head < (end - begin) * group; head++) {
                rows.softmax(scratch, head * keys, keys);
            }
            int from = y.at(0) + begin * group * kv.headDim();
            Arrays.fill(y.data(), from, from + (end - begin) * group * kv.headDim(), 0);
            addValues(kv, begin, end, group, scratch, 0, keys, blockAt, y.data(), from);
            if (extra != null) {
                addValues(extra, begin, end, group, scratch, kv.rows(), keys, blockAt, y.data(), from);
            }
        });
    }

    /// @param weights `[heads, keys]`
    void weights(Tensor q, KeyValues kv, Tensor weights) {
        forHeads(kv, kv.rows(), (begin, end, worker) -> {
            int group = weights.rows() / kv.heads();
            float[] block = workers.scratch(worker, blockFloats(end - begin, kv.headDim()));
            int from = weights.at(begin * group);
            scores(q, kv, begin, end, weights.data(), from, weights.stride(), block, 0);
            for (int head = begin * group; head < end * group; head++) {
                rows.softmax(weights.data(), weights.at(head), weights.cols());
            }
        });
    }

    /// Some neighbouring key/value heads.
    private interface Heads {
        void run(int begin, int end, int worker);
    }

    private void forHeads(KeyValues kv, int keys, Heads heads) {
        int parts = Math.min(kv.heads(), workers.threads());
        if (parts == 1 || (long) keys * kv.heads() * kv.headDim() < SHARED) {
            heads.run(0, kv.heads(), 0);
            return;
        }
        workers.forEach(parts, (part, worker) -> {
            int begin = (int) ((long) kv.heads() * part / parts);
            int end = (int) ((long) kv.heads() * (part + 1) / parts);
            heads.run(begin, end, worker);
        });
    }

    /// A block of keys and room for four vectors.
    private int blockFloats(int heads, int headDim) {
        return heads * KEYS * headDim + 4 * codec.lanes();
    }

    /// @param scores one row for each query head, `stride` apart, from `at`
    /// @param block  [#blockFloats] from `blockAt`: `[KEYS][(end - begin) * headDim]` keys, then sums
    private void scores(
            Tensor q,
            KeyValues kv,
            int begin,
            int end,
            float[] scores,
            int at,
            int stride,
            float[] block,
            int blockAt) {
        int headDim = kv.headDim();
        int group = q.cols() / headDim / kv.heads();
        int cols = (end - begin) * headDim;
        int sumsAt = blockAt + KEYS * cols;
        float scale = (float) (1 / Math.sqrt(headDim));
        for (int key = 0; key < kv.rows(); key += KEYS) {
            int count = Math.min(KEYS, kv.rows() - key);
            long index = (long) key * kv.stride() + (long) begin * headDim;
            codec.unpack(kv.format(), kv.keys(), index, kv.stride(), count, cols, block, blockAt, cols);
            for (int head = 0; head < (end - begin) * group; head++) {
                int qAt = q.at(0) + (begin * group + head) * headDim;
                int kAt = blockAt + head / group * headDim;
                int to = at + head * stride + key;
                rows.scores(q.data(), qAt, block, kAt, cols, count, headDim, scale, scores, to, block, sumsAt);
            }
        }
    }

    /// @param weights one row for each query head, `stride` apart, from `at`; the block of values comes from `blockAt`
    private void addValues(
            KeyValues kv,
            int begin,
            int end,
            int group,
            float[] weights,
            int at,
            int stride,
            int blockAt,
            float[] y,
            int yAt) {
        int headDim = kv.headDim();
        int cols = (end - begin) * headDim;
        for (int key = 0; key < kv.rows(); key += KEYS) {
            int count = Math.min(KEYS, kv.rows() - key);
            long index = (long) key * kv.stride() + (long) begin * headDim;
            codec.unpack(kv.format(), kv.values(), index, kv.stride(), count, cols, weights, blockAt, cols);
            for (int head = 0; head < (end - begin) * group; head++) {
                int vAt = blockAt + head / group * headDim;
                int from = at + head * stride + key;
                rows.addWeighted(weights, from, weights, vAt, cols, count, headDim, y, yAt + head * headDim);
            }
        }
    }
}
