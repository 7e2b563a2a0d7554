package dev.fovea.kernel.emitted;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.emitted.CacheRoutines.CacheRows;
import dev.fovea.kernel.emitted.CacheRoutines.PerHead;
import dev.fovea.kernel.vector.CachedRows;
import java.lang.foreign.MemorySegment;

/// Attention of one row with the routines of a [CacheRoutines]. Query heads that share a head of the cache take turns
/// with rows that lie in the first cache level.
final class MachineCachedRows implements CachedRows {
    private static final int GROUP = CacheRoutines.GROUP;

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
        int group = q.cols() / headDim / kv.heads();
        float scale = (float) (1 / Math.sqrt(headDim));
        for (int i = 0; i < q.cols(); i++) {
            scratch[scratchAt + i] = q.data()[q.at(0) + i] * scale;
        }
        MemorySegment queries = MemorySegment.ofArray(scratch).asSlice(4L * scratchAt, 4L * q.cols());
        MemorySegment to = MemorySegment.ofArray(scores);
        for (int key = begin; key < end; key += rows(key, end)) {
            CacheRows keys = rows(kv, kv.keys(), key, rows(key, end));
            for (int g = 0; g < group; g++) {
                MemorySegment first = to.asSlice(4L * (at + g * stride + key - begin));
                routines.scores(
                        keys,
                        new PerHead(queries.asSlice(4L * g * headDim), 4L * group * headDim),
                        new PerHead(first, 4L * group * stride));
            }
        }
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
        int headDim = kv.headDim();
        int group = heads / kv.heads();
        MemorySegment from = MemorySegment.ofArray(weights);
        MemorySegment to = MemorySegment.ofArray(y);
        for (int key = begin; key < end; key += rows(key, end)) {
            CacheRows values = rows(kv, kv.values(), key, rows(key, end));
            for (int g = 0; g < group; g++) {
                MemorySegment first = from.asSlice(4L * (at + g * stride + key - begin));
                routines.add(
                        values,
                        new PerHead(first, 4L * group * stride),
                        new PerHead(to.asSlice(4L * (yAt + g * headDim)), 4L * group * headDim));
            }
        }
    }

    private static int rows(int key, int end) {
        return end - key < GROUP ? 1 : GROUP;
    }

    private static CacheRows rows(KeyValues kv, MemorySegment bytes, int key, int count) {
        MemorySegment from = bytes.asSlice(kv.format().bytes((long) key * kv.stride()));
        long stride = kv.format().bytes(kv.stride());
        return new CacheRows(from, kv.format(), count, stride, kv.heads(), kv.headDim() / CacheRoutines.LANES);
    }
}
