package dev.fovea.kernel.vector;

import java.lang.foreign.MemorySegment;

/// Reads rows of numbers of one format as they lie in files and caches; the only place here that knows their
/// bytes.
interface RowCodec {
    /// Output rows that [#dots] takes together, where each row lies by itself.
    int GROUP = 4;

    /// Lanes of one vector.
    int lanes();

    /// Output rows that one call of [#dots] takes at most; the first is a multiple of it.
    default int group() {
        return GROUP;
    }

    /// Floats that [#dots] uses from `at` on.
    default int dotFloats() {
        return GROUP * lanes();
    }

    /// Copies `rows` rows of `cols` numbers as floats.
    ///
    /// @param bytes  row `r` begins at number `index + r * stride`
    /// @param to     row `r` begins at `at + r * toStride`
    void unpack(MemorySegment bytes, long index, long stride, int rows, int cols, float[] to, int at, int toStride);

    /// Arranges a row of activations as [#dots] reads it.
    ///
    /// @param x  `[cols]` from `at`
    /// @param to `[cols]` from `toAt`
    void arrange(float[] x, int at, int cols, float[] to, int toAt);

    /// The dot products of up to [#GROUP] rows with one row of activations.
    ///
    /// @param bytes row `r` of `rows` begins at number `index + r * stride`
    /// @param x     arranged, `[cols]` from `xAt`
    /// @param sums  `[rows]` from `at`, with room for [#dotFloats] in all
    void dots(
            MemorySegment bytes, long index, long stride, int rows, int cols, float[] x, int xAt, float[] sums, int at);

    /// `y = y + Σ weights[r] · v[r]`.
    ///
    /// @param bytes row `r` of `rows` begins at number `index + r * stride`
    /// @param y     `[cols]` from `yAt`
    void addWeighted(
            MemorySegment bytes,
            long index,
            long stride,
            int rows,
            int cols,
            float[] weights,
            int at,
            float[] y,
            int yAt);

    /// The sum of `count` lanes that lie in `lanes` from `at`, in a fixed order.
    static float sum(float[] lanes, int at, int count) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        for (int i = at; i < at + count; i += 4) {
            a += lanes[i];
            b += lanes[i + 1];
            c += lanes[i + 2];
            d += lanes[i + 3];
        }
        return (a + b) + (c + d);
    }
}
