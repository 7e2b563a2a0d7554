package dev.fovea.kernel.emitted;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.emitted.CacheRoutines.CacheRows;
import dev.fovea.kernel.emitted.CacheRoutines.PerHead;
import dev.fovea.kernel.vector.CachedRows;
import java.lang.foreign.MemorySegment;

/// Attention of one row with the routines of a [CacheRoutines].
final class MachineCachedRows implements CachedRows {
    /// Most bytes that are brought closer while others are read, so that the second cache level holds both.
    private static final long MOST_AHEAD = 128 << 10;

    private final CacheRoutines routines;

    MachineCachedRows(CacheRoutines routines) {
        this.routines = routines;
    }

    /// Whether heads divide into whole vectors.
    static boolean serves(KeyValues kv) {
        return kv.headDim() % CacheRoutines.LANES == 0;
    }

    /// The scaled query.
    @Override
    public int scratchFloats(int cols) {
        return cols;
    }

    @Override
    public void scores(
            Tensor q,
            KeyValues kv,
            int begin,
            int end,
            float[] scores,
            int at,
            int stride,
            float[] scratch,
            int scratchAt) {
        int headDim = kv.headDim();
        int heads = q.cols() / headDim;
        float scale = (float) (1 / Math.sqrt(headDim));
        for (int i = 0; i < q.cols(); i++) {
            scratch[scratchAt + i] = q.data()[q.at(0) + i] * scale;
        }
        MemorySegment queries = MemorySegment.ofArray(scratch).asSlice(4L * scratchAt, 4L * q.cols());
        CacheRows keys = rows(kv, kv.keys(), begin, end, heads, ahead(kv.keys(), kv.values(), 0));
        MemorySegment to = MemorySegment.ofArray(scores).asSlice(4L * at);
        routines.scores(keys, new PerHead(queries, 4L * headDim), new PerHead(to, 4L * stride));
    }

    @Override
    public void addValues(
            KeyValues kv,
            int begin,
            int end,
            int heads,
            float[] weights,
            int at,
            int stride,
            float[] y,
            int yAt,
            float[] scratch,
            int scratchAt) {
        long next = (end - begin) * kv.format().bytes(kv.stride()); // the keys that a thread goes on with
        CacheRows values = rows(kv, kv.values(), begin, end, heads, ahead(kv.values(), kv.keys(), next));
        MemorySegment from = MemorySegment.ofArray(weights).asSlice(4L * at);
        MemorySegment to = MemorySegment.ofArray(y).asSlice(4L * yAt);
        routines.add(values, new PerHead(from, 4L * stride), new PerHead(to, 4L * kv.headDim()));
    }

    /// @param heads of the query
    /// @param ahead where what is read next lies, seen from each row
    private static CacheRows rows(KeyValues kv, MemorySegment bytes, int begin, int end, int heads, long ahead) {
        MemorySegment from = bytes.asSlice(kv.format().bytes((long) begin * kv.stride()));
        long stride = kv.format().bytes(kv.stride());
        int vectors = kv.headDim() / CacheRoutines.LANES;
        boolean few = (end - begin) * stride <= MOST_AHEAD;
        return new CacheRows(
                from, kv.format(), end - begin, stride, kv.heads(), heads / kv.heads(), vectors, few ? ahead : 0);
    }

    /// From a row of `from` to the row of `to` that is so many bytes further on; 0 where arrays move about.
    private static long ahead(MemorySegment from, MemorySegment to, long further) {
        return from.isNative() && to.isNative() ? to.address() + further - from.address() : 0;
    }
}
