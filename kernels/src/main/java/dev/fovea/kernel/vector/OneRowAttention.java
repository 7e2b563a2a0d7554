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
public final class OneRowAttention {
    /// Keys of a task.
    static final int CHUNK = 64;

    /// Numbers of keys for which waking a second thread pays.
    private static final int SHARED = 1 << 15;

    private final CachedRows cached;
    private final Rows rows;
    private final Workers workers;

    OneRowAttention(CachedRows cached, Rows rows, Workers workers) {
        this.cached = cached;
        this.rows = rows;
        this.workers = workers;
    }

    /// With vectors of the width that the platform prefers.
    ///
    /// @param cached reads keys and values
    public OneRowAttention(CachedRows cached, Workers workers) {
        this(cached, new VectorRows(), workers);
    }

    /// `y = softmax(q kᵀ / √headDim) v` over the keys of `kv`, then those of `extra`.
    ///
    /// @param kv at least one row
    public void attend(Tensor q, KeyValues kv, @Nullable KeyValues extra, Tensor y) {
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

    /// The weights of `q` on the keys.
    ///
    /// @param weights `[heads, keys]`
    public void weights(Tensor q, KeyValues kv, Tensor weights) {
        Chunk[] chunks = chunks(kv);
        forEach(chunks, q.cols(), (chunk, worker) -> {
            int at = weights.offset() + chunks[chunk].begin;
            float[] scratch = workers.scratch(worker, cached.scratchFloats(q.cols()));
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
        float[] scratch = workers.scratch(worker, heads * CHUNK + cached.scratchFloats(q.cols()));
        scores(q, chunk, scratch, 0, CHUNK, scratch, heads * CHUNK);
        for (int head = 0; head < heads; head++) {
            int stateAt = at + q.cols() + head;
            rows.exponentials(scratch, head * CHUNK, chunk.end - chunk.begin, parts, stateAt, stateAt + heads);
        }
        Arrays.fill(parts, at, at + q.cols(), 0);
        cached.addValues(chunk.kv, chunk.begin, chunk.end, heads, scratch, 0, CHUNK, parts, at, scratch, heads * CHUNK);
    }

    private void scores(Tensor q, Chunk chunk, float[] to, int at, int stride, float[] scratch, int scratchAt) {
        cached.scores(q, chunk.kv, chunk.begin, chunk.end, to, at, stride, scratch, scratchAt);
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
