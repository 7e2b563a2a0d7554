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
            float[] scratch = workers.scratch(worker, scratchFloats(q, kv));
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
        // [heads][CHUNK] scores, then scratch for keys or values
        float[] scratch = workers.scratch(worker, heads * CHUNK + scratchFloats(q, chunk.kv));
        scores(q, chunk, scratch, 0, CHUNK, scratch, heads * CHUNK);
        for (int head = 0; head < heads; head++) {
            int stateAt = at + q.cols() + head;
            rows.exponentials(scratch, head * CHUNK, chunk.end - chunk.begin, parts, stateAt, stateAt + heads);
        }
        Arrays.fill(parts, at, at + q.cols(), 0);
        addValues(chunk, heads, scratch, parts, at);
    }

    /// @param scores  one row for each query head, `stride` apart, from `at`
    /// @param scratch [#scratchFloats] from `scratchAt`
    private void scores(Tensor q, Chunk chunk, float[] scores, int at, int stride, float[] scratch, int scratchAt) {
        KeyValues kv = chunk.kv;
        int headDim = kv.headDim();
        int heads = q.cols() / headDim;
        int group = heads / kv.heads();
        float scale = (float) (1 / Math.sqrt(headDim));
        Source keys = new Source(kv, kv.keys(), group, scratch, scratchAt);
        int queriesAt = keys.end();
        int sumsAt = queriesAt + q.cols();
        for (int head = 0; head < heads; head++) {
            int from = head * headDim;
            keys.codec.arrange(keys.format, q.data(), q.at(0) + from, headDim, scratch, queriesAt + from);
        }
        for (int key = chunk.begin; key < chunk.end; key += RowCodec.GROUP) {
            int count = Math.min(RowCodec.GROUP, chunk.end - key);
            for (int head = 0; head < heads; head++) {
                if (head % group == 0) {
                    keys.moveTo(key, count, head / group);
                }
                keys.codec.dots(
                        keys.format,
                        keys.bytes,
                        keys.index,
                        keys.stride,
                        count,
                        headDim,
                        scratch,
                        queriesAt + head * headDim,
                        scratch,
                        sumsAt);
                for (int i = 0; i < count; i++) {
                    scores[at + head * stride + key - chunk.begin + i] = scratch[sumsAt + i] * scale;
                }
            }
        }
    }

    /// Adds the values of a chunk, weighted by `[heads][CHUNK]` at the beginning of `scratch`, to `y`
    /// `[heads, headDim]` from `at`.
    private void addValues(Chunk chunk, int heads, float[] scratch, float[] y, int at) {
        KeyValues kv = chunk.kv;
        int headDim = kv.headDim();
        int group = heads / kv.heads();
        Source values = new Source(kv, kv.values(), group, scratch, heads * CHUNK);
        for (int key = chunk.begin; key < chunk.end; key += RowCodec.GROUP) {
            int count = Math.min(RowCodec.GROUP, chunk.end - key);
            for (int head = 0; head < heads; head++) {
                if (head % group == 0) {
                    values.moveTo(key, count, head / group);
                }
                int weightsAt = head * CHUNK + key - chunk.begin;
                values.codec.addWeighted(
                        values.format,
                        values.bytes,
                        values.index,
                        values.stride,
                        count,
                        headDim,
                        scratch,
                        weightsAt,
                        y,
                        at + head * headDim);
            }
        }
    }

    /// Scratch of [#scores]: that of its source, the arranged query and sums.
    private int scratchFloats(Tensor q, KeyValues kv) {
        return RowCodec.GROUP * kv.headDim()
                + q.cols()
                + RowCodec.GROUP * width.tiles().width();
    }

    /// Where a few rows of one head are read: where they lie, or, if several query heads read 16-bit numbers, from
    /// scratch where they are floats.
    private final class Source {
        final RowCodec codec;
        final Format format;
        final MemorySegment bytes;
        final long stride;
        long index;

        private final KeyValues kv;
        private final MemorySegment from;
        private final boolean unpacked;
        private final float[] scratch;
        private final int at;

        Source(KeyValues kv, MemorySegment from, int group, float[] scratch, int at) {
            this.kv = kv;
            this.from = from;
            this.unpacked = group > 1 && kv.format() == Format.F16;
            this.scratch = scratch;
            this.at = at;
            this.format = unpacked ? Format.F32 : kv.format();
            this.bytes = unpacked ? MemorySegment.ofArray(scratch) : from;
            this.stride = unpacked ? kv.headDim() : kv.stride();
            this.codec = width.codec(bytes);
        }

        void moveTo(int key, int count, int kvHead) {
            index = (long) key * kv.stride() + (long) kvHead * kv.headDim();
            if (unpacked) {
                width.codec(from)
                        .unpack(kv.format(), from, index, kv.stride(), count, kv.headDim(), scratch, at, kv.headDim());
                index = at;
            }
        }

        /// The end of its scratch.
        int end() {
            return at + RowCodec.GROUP * kv.headDim();
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
