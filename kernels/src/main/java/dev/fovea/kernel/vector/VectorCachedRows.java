package dev.fovea.kernel.vector;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/// With vectors, GROUP rows at a time.
final class VectorCachedRows implements CachedRows {
    private final Width width;

    VectorCachedRows(Width width) {
        this.width = width;
    }

    /// Sums, the query as it is read, and unpacked rows.
    @Override
    public int scratchFloats(int cols) {
        return RowCodec.GROUP * width.rows().lanes() + (1 + RowCodec.GROUP) * cols;
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
        int group = heads / kv.heads();
        int queryAt = scratchAt + RowCodec.GROUP * width.rows().lanes();
        q.copyRow(0, scratch, queryAt);
        float scale = (float) (1 / Math.sqrt(headDim));
        for (int key = begin; key < end; key += RowCodec.GROUP) {
            int count = Math.min(RowCodec.GROUP, end - key);
            Read keys = read(kv, kv.keys(), key, count, scratch, queryAt + q.cols());
            for (int head = 0; head < heads; head++) {
                long index = keys.index + (long) (head / group) * headDim;
                int qAt = queryAt + head * headDim;
                keys.codec.dots(keys.bytes, index, keys.stride, count, headDim, scratch, qAt, scratch, scratchAt);
                int to = at + head * stride + key - begin;
                for (int i = 0; i < count; i++) {
                    scores[to + i] = scratch[scratchAt + i] * scale;
                }
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
        for (int key = begin; key < end; key += RowCodec.GROUP) {
            int count = Math.min(RowCodec.GROUP, end - key);
            Read values = read(kv, kv.values(), key, count, scratch, scratchAt);
            for (int head = 0; head < heads; head++) {
                long index = values.index + (long) (head / group) * headDim;
                int weightsAt = at + head * stride + key - begin;
                int to = yAt + head * headDim;
                values.codec.addWeighted(values.bytes, index, values.stride, count, headDim, weights, weightsAt, y, to);
            }
        }
    }
}
