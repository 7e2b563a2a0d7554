package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Attention of one query row, as in decoding: bound by reading keys and values.
///
/// A task is CHUNK keys of all heads, so that each worker reads whole rows one after the other; shared out by
/// heads, they read pieces of rows at half the speed. A task leaves an unnormalised result, and the caller
/// joins the results in the order of their keys. The chunks are the same for any number of threads, and so is
/// every sum.
final class OneRowAttention {
    private static final int CHUNK = 128;

    /// Keys unpacked at a time.
    private static final int KEYS = 8;

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
        Chunk[] chunks = extra == null
                ? chunks(kv)
                : Stream.of(chunks(kv), chunks(extra)).flatMap(Stream::of).toArray(Chunk[]::new);
        int heads = q.cols() / kv.headDim();
        int partFloats = q.cols() + 2 * heads;
        // [chunks][heads * headDim results, heads largest scores, heads sums of exponentials], then [chunks] factors
        float[] parts = workers.sharedScratch(chunks.length * (partFloats + 1));
        forEach(chunks, q.cols(), (chunk, worker) -> attend(q, chunks[chunk], parts, chunk * partFloats, worker));
        Arrays.fill(y.data(), y.at(0), y.at(0) + y.cols(), 0);
        int factorsAt = chunks.length * partFloats;
        for (int head = 0; head < heads; head++) {
            factors(parts, q.cols() + head, partFloats, heads, chunks.length, factorsAt);
            int from = head * kv.headDim();
            rows.addWeighted(
                    parts, factorsAt, parts, from, partFloats, chunks.length, kv.headDim(), y.data(), y.at(0) + from);
        }
    }

    /// @param weights `[heads, keys]`
    void weights(Tensor q, KeyValues kv, Tensor weights) {
        Chunk[] chunks = chunks(kv);
        forEach(chunks, q.cols(), (chunk, worker) -> {
            int at = weights.offset() + chunks[chunk].begin;
            float[] block = workers.scratch(worker, blockFloats(kv));
            scores(q, chunks[chunk], weights.data(), at, weights.stride(), block, 0);
        });
        for (int head = 0; head < weights.rows(); head++) {
            rows.softmax(weights.data(), weights.at(head), weights.cols());
        }
    }

    /// Keys `[begin, end)` of `kv`.
    private record Chunk(KeyValues kv, int begin, int end) {}

    private static Chunk[] chunks(KeyValues kv) {
        Chunk[] chunks = new Chunk[Math.ceilDiv(kv.rows(), CHUNK)];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = new Chunk(kv, i * CHUNK, Math.min((i + 1) * CHUNK, kv.rows()));
        }
        return chunks;
    }

    private void forEach(Chunk[] chunks, int cols, Workers.Task task) {
        if ((long) chunks.length * CHUNK * cols < SHARED) {
            for (int i = 0; i < chunks.length; i++) {
                task.run(i, 0);
            }
        } else {
            workers.forEach(chunks.length, task);
        }
    }

    /// A block of keys and room for four vectors.
    private int blockFloats(KeyValues kv) {
        return KEYS * kv.heads() * kv.headDim() + 4 * codec.lanes();
    }

    /// @param parts from `at`: `[heads, headDim]` results, `[heads]` largest scores, `[heads]` sums of exponentials
    private void attend(Tensor q, Chunk chunk, float[] parts, int at, int worker) {
        KeyValues kv = chunk.kv;
        int heads = q.cols() / kv.headDim();
        // [heads][CHUNK] scores, then a block of keys or values
        float[] scratch = workers.scratch(worker, heads * CHUNK + blockFloats(kv));
        scores(q, chunk, scratch, 0, CHUNK, scratch, heads * CHUNK);
        for (int head = 0; head < heads; head++) {
            int stateAt = at + q.cols() + head;
            rows.exponentials(scratch, head * CHUNK, chunk.end - chunk.begin, parts, stateAt, stateAt + heads);
        }
        Arrays.fill(parts, at, at + q.cols(), 0);
        addValues(chunk, heads, scratch, parts, at);
    }

    /// @param scores one row for each query head, `stride` apart, from `at`
    /// @param block  [#blockFloats] from `blockAt`: `[KEYS][heads * headDim]` keys, then sums
    private void scores(Tensor q, Chunk chunk, float[] scores, int at, int stride, float[] block, int blockAt) {
        KeyValues kv = chunk.kv;
        int headDim = kv.headDim();
        int heads = q.cols() / headDim;
        int cols = kv.heads() * headDim;
        int sumsAt = blockAt + KEYS * cols;
        float scale = (float) (1 / Math.sqrt(headDim));
        for (int key = chunk.begin; key < chunk.end; key += KEYS) {
            int count = Math.min(KEYS, chunk.end - key);
            codec.unpack(
                    kv.format(), kv.keys(), (long) key * kv.stride(), kv.stride(), count, cols, block, blockAt, cols);
            for (int head = 0; head < heads; head++) {
                int qAt = q.at(0) + head * headDim;
                int kAt = blockAt + head / (heads / kv.heads()) * headDim;
                int to = at + head * stride + key - chunk.begin;
                rows.scores(q.data(), qAt, block, kAt, cols, count, headDim, scale, scores, to, block, sumsAt);
            }
        }
    }

    /// Adds the values of a chunk, weighted by the exponentials at the beginning of `scratch`, to `y` from `at`.
    private void addValues(Chunk chunk, int heads, float[] scratch, float[] y, int at) {
        KeyValues kv = chunk.kv;
        int headDim = kv.headDim();
        int cols = kv.heads() * headDim;
        int blockAt = heads * CHUNK;
        for (int key = chunk.begin; key < chunk.end; key += KEYS) {
            int count = Math.min(KEYS, chunk.end - key);
            codec.unpack(
                    kv.format(),
                    kv.values(),
                    (long) key * kv.stride(),
                    kv.stride(),
                    count,
                    cols,
                    scratch,
                    blockAt,
                    cols);
            for (int head = 0; head < heads; head++) {
                int weights = head * CHUNK + key - chunk.begin;
                int vAt = blockAt + head / (heads / kv.heads()) * headDim;
                rows.addWeighted(scratch, weights, scratch, vAt, cols, count, headDim, y, at + head * headDim);
            }
        }
    }

    /// What each chunk's result of one head is to be multiplied by: its exponentials are relative to its own
    /// largest score, and all are to be divided by the sum of all.
    ///
    /// @param parts largest scores `stride` apart from `at`, each followed `sumsAfter` later by a sum
    /// @param to    where in `parts` the factors go
    private static void factors(float[] parts, int at, int stride, int sumsAfter, int chunks, int to) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < chunks; i++) {
            largest = Math.max(largest, parts[at + i * stride]);
        }
        double sum = 0;
        for (int i = 0; i < chunks; i++) {
            double factor = Math.exp(parts[at + i * stride] - largest);
            parts[to + i] = (float) factor;
            sum += factor * parts[at + i * stride + sumsAfter];
        }
        for (int i = 0; i < chunks; i++) {
            parts[to + i] /= (float) sum;
        }
    }
}
