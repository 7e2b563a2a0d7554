package dev.fovea.kernel.vector;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.lang.foreign.MemorySegment;
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

    /// Numbers of keys for which waking a second thread pays.
    private static final int SHARED = 1 << 15;

    private final Width width;
    private final Rows rows;
    private final Workers workers;

    OneRowAttention(Width width, Workers workers) {
        this.width = width;
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
            for (int i = 0; i < chunks.length; i++) {
                float factor = parts[factorsAt + i];
                rows.addScaled(factor, parts, i * partFloats + from, kv.headDim(), y.data(), y.at(0) + from);
            }
        }
    }

    /// @param weights `[heads, keys]`
    void weights(Tensor q, KeyValues kv, Tensor weights) {
        Chunk[] chunks = chunks(kv);
        forEach(chunks, q.cols(), (chunk, worker) -> {
            int at = weights.offset() + chunks[chunk].begin;
            float[] scratch = workers.scratch(worker, scratchFloats(q));
            scores(q, chunks[chunk], weights.data(), at, weights.stride(), scratch, 0);
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

    /// @param parts from `at`: `[heads, headDim]` results, `[heads]` largest scores, `[heads]` sums of exponentials
    private void attend(Tensor q, Chunk chunk, float[] parts, int at, int worker) {
        int heads = q.cols() / chunk.kv.headDim();
        // [heads][CHUNK] scores, then scratch for them
        float[] scratch = workers.scratch(worker, heads * CHUNK + scratchFloats(q));
        scores(q, chunk, scratch, 0, CHUNK, scratch, heads * CHUNK);
        for (int head = 0; head < heads; head++) {
            int stateAt = at + q.cols() + head;
            rows.exponentials(scratch, head * CHUNK, chunk.end - chunk.begin, parts, stateAt, stateAt + heads);
        }
        Arrays.fill(parts, at, at + q.cols(), 0);
        addValues(chunk, heads, scratch, parts, at, scratch, heads * CHUNK);
    }

    /// Scratch of [#scores] and [#addValues]: sums, the query as it is read, and unpacked rows.
    private int scratchFloats(Tensor q) {
        return RowCodec.GROUP * width.rows().lanes() + (1 + RowCodec.GROUP) * q.cols();
    }

    /// Up to GROUP rows of keys or values of all heads, as floats that every query head reads: those that share a
    /// key/value head would otherwise each convert it again, which is dearer than what they do with it.
    ///
    /// @param bytes row `r` of head `h` begins at number `index + r * stride + h * headDim`
    private record Read(RowCodec codec, MemorySegment bytes, long index, long stride) {}

    /// @param from keys or values of `kv`
    /// @param to   room for `count` rows from `at`
    private Read read(KeyValues kv, MemorySegment from, int key, int count, float[] to, int at) {
        RowCodec codec = width.codec(kv.format(), from);
        long index = (long) key * kv.stride();
        if (kv.format() == Format.F32) {
            return new Read(codec, from, index, kv.stride());
        }
        int cols = kv.heads() * kv.headDim();
        codec.unpack(from, index, kv.stride(), count, cols, to, at, cols);
        MemorySegment floats = MemorySegment.ofArray(to);
        return new Read(width.codec(Format.F32, floats), floats, at, cols);
    }

    /// @param scores  one row for each query head, `stride` apart, from `at`
    /// @param scratch [#scratchFloats] from `scratchAt`
    private void scores(Tensor q, Chunk chunk, float[] scores, int at, int stride, float[] scratch, int scratchAt) {
        KeyValues kv = chunk.kv;
        int headDim = kv.headDim();
        int heads = q.cols() / headDim;
        int group = heads / kv.heads();
        int queryAt = scratchAt + RowCodec.GROUP * width.rows().lanes();
        q.copyRow(0, scratch, queryAt);
        float scale = (float) (1 / Math.sqrt(headDim));
        for (int key = chunk.begin; key < chunk.end; key += RowCodec.GROUP) {
            int count = Math.min(RowCodec.GROUP, chunk.end - key);
            Read keys = read(kv, kv.keys(), key, count, scratch, queryAt + q.cols());
            for (int head = 0; head < heads; head++) {
                long index = keys.index + (long) (head / group) * headDim;
                int qAt = queryAt + head * headDim;
                keys.codec.dots(keys.bytes, index, keys.stride, count, headDim, scratch, qAt, scratch, scratchAt);
                int to = at + head * stride + key - chunk.begin;
                for (int i = 0; i < count; i++) {
                    scores[to + i] = scratch[scratchAt + i] * scale;
                }
            }
        }
    }

    /// Adds the values of a chunk, weighted by `weights` `[heads][CHUNK]`, to `y` `[heads, headDim]` from `at`.
    ///
    /// @param scratch [#scratchFloats] from `scratchAt`
    private void addValues(Chunk chunk, int heads, float[] weights, float[] y, int at, float[] scratch, int scratchAt) {
        KeyValues kv = chunk.kv;
        int headDim = kv.headDim();
        int group = heads / kv.heads();
        for (int key = chunk.begin; key < chunk.end; key += RowCodec.GROUP) {
            int count = Math.min(RowCodec.GROUP, chunk.end - key);
            Read values = read(kv, kv.values(), key, count, scratch, scratchAt);
            for (int head = 0; head < heads; head++) {
                long index = values.index + (long) (head / group) * headDim;
                int weightsAt = head * CHUNK + key - chunk.begin;
                int to = at + head * headDim;
                values.codec.addWeighted(values.bytes, index, values.stride, count, headDim, weights, weightsAt, y, to);
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
