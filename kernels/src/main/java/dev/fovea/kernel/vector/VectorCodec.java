package dev.fovea.kernel.vector;

import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Formats read with vectors.
///
/// Two 16-bit numbers share an int lane: the even one in its lower half, the odd one in its upper half. [#dots]
/// leaves them there and takes the activations apart instead, once per row:
///
/// ```
/// bytes    w0 w1 | w2 w3 | w4 w5 | …        each pair one int lane
/// even     w0    | w2    | w4    | …        lane << 16
/// odd         w1 |    w3 |    w5 | …        lane & 0xffff0000
/// arranged x0 x2 x4 … | x1 x3 x5 …          whole vectors only; the remainder follows as it was
/// ```
final class VectorCodec implements RowCodec {
    private static final VectorSpecies<Float> F = Width.speciesOf(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = F.withLanes(int.class);
    private static final VectorSpecies<Short> HALF =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
    private static final int LANES = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void unpack(
            Format format,
            MemorySegment bytes,
            long index,
            long stride,
            int rows,
            int cols,
            float[] to,
            int at,
            int toStride) {
        int whole = cols - cols % LANES;
        for (int r = 0; r < rows; r++) {
            long from = index + r * stride;
            int begin = at + r * toStride;
            switch (format) {
                case F32 -> unpackF32(bytes, 4 * from, whole, to, begin);
                case F16 -> unpackF16(bytes, 2 * from, whole, to, begin);
                case BF16 -> unpackBf16(bytes, 2 * from, whole, to, begin);
            }
            format.unpack(bytes, from + whole, cols - whole, to, begin + whole);
        }
    }

    private static void unpackF32(MemorySegment bytes, long from, int cols, float[] to, int at) {
        for (int i = 0; i < cols; i += LANES) {
            FloatVector.fromMemorySegment(F, bytes, from + 4L * i, LE).intoArray(to, at + i);
        }
    }

    private static void unpackBf16(MemorySegment bytes, long from, int cols, float[] to, int at) {
        for (int i = 0; i < cols; i += LANES) {
            upper(bytes, from + 2L * i).reinterpretAsFloats().intoArray(to, at + i);
        }
    }

    private static void unpackF16(MemorySegment bytes, long from, int cols, float[] to, int at) {
        for (int i = 0; i < cols; i += LANES) {
            half(upper(bytes, from + 2L * i)).intoArray(to, at + i);
        }
    }

    /// 16-bit numbers, each in the upper half of its lane.
    private static IntVector upper(MemorySegment bytes, long from) {
        return ShortVector.fromMemorySegment(HALF, bytes, from, LE)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0)
                .reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, 16);
    }

    /// Exactly `Float.float16ToFloat` of the upper half of each lane, whose lower half is zero.
    ///
    /// Moved down by three bits, exponent and fraction lie where a float has them, the exponent too small by
    /// 112. The multiplication corrects that, for subnormal numbers too. Where the exponent was all ones it
    /// becomes all ones again by arithmetic: a masked operation made the loop seven times slower in one of
    /// three runs.
    private static FloatVector half(IntVector v) {
        IntVector magnitude = v.and(0x7fffffff).lanewise(VectorOperators.LSHR, 3);
        IntVector infinite = IntVector.broadcast(I, 0x0f7fffff)
                .sub(magnitude)
                .lanewise(VectorOperators.ASHR, 31)
                .and(0x7f800000);
        return magnitude
                .reinterpretAsFloats()
                .mul(0x1p112f)
                .reinterpretAsInts()
                .or(v.and(0x80000000))
                .or(infinite)
                .reinterpretAsFloats();
    }

    @Override
    public void arrange(Format format, float[] x, int at, int cols, float[] to, int toAt) {
        int whole = cols - cols % (2 * LANES);
        if (format == Format.F32) {
            System.arraycopy(x, at, to, toAt, cols);
            return;
        }
        for (int i = 0; i < whole / 2; i++) {
            to[toAt + i] = x[at + 2 * i];
            to[toAt + whole / 2 + i] = x[at + 2 * i + 1];
        }
        System.arraycopy(x, at + whole, to, toAt + whole, cols - whole);
    }

    @Override
    public void dots(
            Format format, MemorySegment bytes, long index, int rows, int cols, float[] x, int xAt, float[] sums) {
        int whole = cols - cols % (format == Format.F32 ? LANES : 2 * LANES);
        long w0 = format.bytes(index);
        long w1 = rows > 1 ? w0 + format.bytes(cols) : w0;
        long w2 = rows > 2 ? w1 + format.bytes(cols) : w0;
        long w3 = rows > 3 ? w2 + format.bytes(cols) : w0;
        switch (format) {
            case F32 -> dotsF32(bytes, w0, w1, w2, w3, whole, x, xAt, sums);
            case F16 -> dotsF16(bytes, w0, w1, w2, w3, whole, x, xAt, sums);
            case BF16 -> dotsBf16(bytes, w0, w1, w2, w3, whole, x, xAt, sums);
        }
        for (int r = 0; r < rows; r++) {
            for (int i = whole; i < cols; i++) {
                float w = format.read(bytes, index + (long) r * cols + i);
                int lane = r * LANES + (i - whole) % LANES;
                sums[lane] = Math.fma(w, x[xAt + i], sums[lane]);
            }
        }
    }

    private static void dotsF32(
            MemorySegment w, long w0, long w1, long w2, long w3, int cols, float[] x, int xAt, float[] sums) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        FloatVector s2 = FloatVector.zero(F);
        FloatVector s3 = FloatVector.zero(F);
        for (int i = 0; i < cols; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, xAt + i);
            s0 = FloatVector.fromMemorySegment(F, w, w0 + 4L * i, LE).fma(v, s0);
            s1 = FloatVector.fromMemorySegment(F, w, w1 + 4L * i, LE).fma(v, s1);
            s2 = FloatVector.fromMemorySegment(F, w, w2 + 4L * i, LE).fma(v, s2);
            s3 = FloatVector.fromMemorySegment(F, w, w3 + 4L * i, LE).fma(v, s3);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, LANES);
        s2.intoArray(sums, 2 * LANES);
        s3.intoArray(sums, 3 * LANES);
    }

    private static void dotsBf16(
            MemorySegment w, long w0, long w1, long w2, long w3, int cols, float[] x, int xAt, float[] sums) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        FloatVector s2 = FloatVector.zero(F);
        FloatVector s3 = FloatVector.zero(F);
        int odd = xAt + cols / 2;
        for (int i = 0; i < cols / 2; i += LANES) {
            FloatVector v0 = FloatVector.fromArray(F, x, xAt + i);
            FloatVector v1 = FloatVector.fromArray(F, x, odd + i);
            s0 = pairBf16(IntVector.fromMemorySegment(I, w, w0 + 4L * i, LE), v0, v1, s0);
            s1 = pairBf16(IntVector.fromMemorySegment(I, w, w1 + 4L * i, LE), v0, v1, s1);
            s2 = pairBf16(IntVector.fromMemorySegment(I, w, w2 + 4L * i, LE), v0, v1, s2);
            s3 = pairBf16(IntVector.fromMemorySegment(I, w, w3 + 4L * i, LE), v0, v1, s3);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, LANES);
        s2.intoArray(sums, 2 * LANES);
        s3.intoArray(sums, 3 * LANES);
    }

    private static FloatVector pairBf16(IntVector w, FloatVector even, FloatVector odd, FloatVector sum) {
        FloatVector w0 = w.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
        FloatVector w1 = w.and(0xffff0000).reinterpretAsFloats();
        return w1.fma(odd, w0.fma(even, sum));
    }

    private static void dotsF16(
            MemorySegment w, long w0, long w1, long w2, long w3, int cols, float[] x, int xAt, float[] sums) {
        dotF16(w, w0, cols, x, xAt, sums, 0);
        dotF16(w, w1, cols, x, xAt, sums, LANES);
        dotF16(w, w2, cols, x, xAt, sums, 2 * LANES);
        dotF16(w, w3, cols, x, xAt, sums, 3 * LANES);
    }

    /// One row at a time: the conversions of four are more than the JIT compiler takes into one method.
    private static void dotF16(MemorySegment w, long at, int cols, float[] x, int xAt, float[] sums, int to) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        int odd = xAt + cols / 2;
        for (int i = 0; i < cols / 2; i += LANES) {
            IntVector v = IntVector.fromMemorySegment(I, w, at + 4L * i, LE);
            s0 = half(v.lanewise(VectorOperators.LSHL, 16)).fma(FloatVector.fromArray(F, x, xAt + i), s0);
            s1 = half(v.and(0xffff0000)).fma(FloatVector.fromArray(F, x, odd + i), s1);
        }
        s0.add(s1).intoArray(sums, to);
    }
}
