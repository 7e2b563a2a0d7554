package dev.fovea.kernel.vector;

import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// One format read with vectors; which one is a constant, see [Width].
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
///
/// Loops over segments end at `!=`, which keeps the JIT compiler from unrolling them. Unrolled, they read
/// memory at half the speed: the loads of one turn come in any order (`KernelSpeed`, one row).
final class VectorCodec implements RowCodec {
    private static final VectorSpecies<Float> F = Width.speciesOf(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = F.withLanes(int.class);
    private static final VectorSpecies<Short> HALF =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
    private static final Format FORMAT = Width.formatOf(MethodHandles.lookup());
    private static final int LANES = F.length();
    private static final boolean PAIRS = FORMAT != Format.F32;
    private static final int BYTES = F.vectorByteSize();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void unpack(
            MemorySegment bytes, long index, long stride, int rows, int cols, float[] to, int at, int toStride) {
        int whole = cols - cols % LANES;
        for (int r = 0; r < rows; r++) {
            long from = index + r * stride;
            int begin = at + r * toStride;
            if (FORMAT == Format.F32) {
                unpackF32(bytes, 4 * from, whole, to, begin);
            } else if (FORMAT == Format.F16) {
                unpackF16(bytes, 2 * from, whole, to, begin);
            } else {
                unpackAny(bytes, 2 * from, whole, to, begin);
            }
            FORMAT.unpack(bytes, from + whole, cols - whole, to, begin + whole);
        }
    }

    private static void unpackF32(MemorySegment bytes, long from, int cols, float[] to, int at) {
        long next = from;
        for (int i = at; i != at + cols; i += LANES) {
            FloatVector.fromMemorySegment(F, bytes, next, LE).intoArray(to, i);
            next += BYTES;
        }
    }

    private static void unpackF16(MemorySegment bytes, long from, int cols, float[] to, int at) {
        if (!unpackFinite(bytes, from, cols, to, at)) {
            unpackAny(bytes, from, cols, to, at);
        }
    }

    /// As [#unpackAny], but right only where it returns that all numbers are finite, as they nearly always are;
    /// in seven instructions instead of twelve. An exponent of all ones carries into the bit above it when one is
    /// added.
    private static boolean unpackFinite(MemorySegment bytes, long from, int cols, float[] to, int at) {
        IntVector carries = IntVector.zero(I);
        long next = from;
        for (int i = at; i != at + cols; i += LANES) {
            IntVector v = ShortVector.fromMemorySegment(HALF, bytes, next, LE)
                    .convertShape(VectorOperators.S2I, I, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 13)
                    .and(0x8fffe000);
            v.reinterpretAsFloats().mul(0x1p112f).intoArray(to, i);
            carries = carries.or(v.add(0x00800000));
            next += BYTES / 2;
        }
        return carries.and(0x10000000).compare(VectorOperators.EQ, 0).allTrue();
    }

    private static void unpackAny(MemorySegment bytes, long from, int cols, float[] to, int at) {
        long next = from;
        for (int i = at; i != at + cols; i += LANES) {
            IntVector v = upper(bytes, next);
            (FORMAT == Format.F16 ? half(v) : v.reinterpretAsFloats()).intoArray(to, i);
            next += BYTES / 2;
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
    /// Moved down by three bits, exponent and fraction lie where a float has them, the exponent too small by 112.
    /// The multiplication corrects that, for subnormal numbers too. Where the exponent was all ones it becomes all
    /// ones again by arithmetic: a masked operation made the loop seven times slower in one of three runs.
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
    public void arrange(float[] x, int at, int cols, float[] to, int toAt) {
        int whole = PAIRS ? cols - cols % (2 * LANES) : 0;
        for (int i = 0; i < whole / 2; i++) {
            to[toAt + i] = x[at + 2 * i];
            to[toAt + whole / 2 + i] = x[at + 2 * i + 1];
        }
        System.arraycopy(x, at + whole, to, toAt + whole, cols - whole);
    }

    @Override
    public void dots(
            MemorySegment bytes,
            long index,
            long stride,
            int rows,
            int cols,
            float[] x,
            int xAt,
            float[] sums,
            int at) {
        int whole = cols - cols % (PAIRS ? 2 * LANES : LANES);
        dotsOfWhole(bytes, index, stride, rows, whole, x, xAt, sums, at);
        for (int r = 0; r < rows; r++) {
            int lanes = at + r * LANES;
            int done = whole;
            if (cols - whole >= LANES) {
                dotVector(bytes, FORMAT.bytes(index + r * stride + whole), x, xAt + whole, sums, lanes);
                done += LANES;
            }
            float sum = RowCodec.sum(sums, lanes, LANES);
            for (int i = done; i < cols; i++) {
                sum = Math.fma(FORMAT.read(bytes, index + r * stride + i), x[xAt + i], sum);
            }
            sums[at + r] = sum; // in the lanes of row 0, which are summed already
        }
    }

    /// Whole vectors, and a sum in each lane. Rows that are not there repeat the first.
    private static void dotsOfWhole(
            MemorySegment bytes,
            long index,
            long stride,
            int rows,
            int cols,
            float[] x,
            int xAt,
            float[] sums,
            int at) {
        long step = FORMAT.bytes(stride);
        long w0 = FORMAT.bytes(index);
        long w1 = rows > 1 ? w0 + step : w0;
        long w2 = rows > 2 ? w1 + step : w0;
        long w3 = rows > 3 ? w2 + step : w0;
        if (FORMAT == Format.F32) {
            dotsF32(bytes, w0, w1, w2, w3, cols, x, xAt, sums, at);
        } else if (FORMAT == Format.BF16) {
            dotsBf16(bytes, w0, w1, w2, w3, cols, x, xAt, sums, at);
        } else {
            boolean finite = true;
            for (int pair = 0; pair < 2; pair++) {
                int to = at + pair * 2 * LANES;
                finite &= dotsF16(bytes, pair == 0 ? w0 : w2, pair == 0 ? w1 : w3, cols, x, xAt, sums, to);
            }
            if (!finite) {
                dotsOfAny(bytes, index, stride, rows, cols, x, xAt, sums, at);
            }
        }
    }

    /// One vector of 16-bit numbers that is left when pairs are done.
    private static void dotVector(MemorySegment bytes, long from, float[] x, int xAt, float[] sums, int at) {
        IntVector v = upper(bytes, from);
        FloatVector w = FORMAT == Format.F16 ? half(v) : v.reinterpretAsFloats();
        w.fma(FloatVector.fromArray(F, x, xAt), FloatVector.fromArray(F, sums, at))
                .intoArray(sums, at);
    }

    /// The plain way, for f16 weights that are not all finite.
    private static void dotsOfAny(
            MemorySegment bytes,
            long index,
            long stride,
            int rows,
            int whole,
            float[] x,
            int xAt,
            float[] sums,
            int at) {
        Arrays.fill(sums, at, at + GROUP * LANES, 0);
        for (int r = 0; r < rows; r++) {
            int lane = at + r * LANES;
            for (int i = 0; i < whole; i++) {
                float v = x[xAt + i / 2 + i % 2 * (whole / 2)];
                sums[lane] = Math.fma(FORMAT.read(bytes, index + r * stride + i), v, sums[lane]);
            }
        }
    }

    private static void dotsF32(
            MemorySegment w, long w0, long w1, long w2, long w3, int cols, float[] x, int xAt, float[] sums, int at) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        FloatVector s2 = FloatVector.zero(F);
        FloatVector s3 = FloatVector.zero(F);
        long next = 0;
        for (int i = xAt; i != xAt + cols; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            s0 = FloatVector.fromMemorySegment(F, w, w0 + next, LE).fma(v, s0);
            s1 = FloatVector.fromMemorySegment(F, w, w1 + next, LE).fma(v, s1);
            s2 = FloatVector.fromMemorySegment(F, w, w2 + next, LE).fma(v, s2);
            s3 = FloatVector.fromMemorySegment(F, w, w3 + next, LE).fma(v, s3);
            next += BYTES;
        }
        s0.intoArray(sums, at);
        s1.intoArray(sums, at + LANES);
        s2.intoArray(sums, at + 2 * LANES);
        s3.intoArray(sums, at + 3 * LANES);
    }

    private static void dotsBf16(
            MemorySegment w, long w0, long w1, long w2, long w3, int cols, float[] x, int xAt, float[] sums, int at) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        FloatVector s2 = FloatVector.zero(F);
        FloatVector s3 = FloatVector.zero(F);
        int half = cols / 2;
        long next = 0;
        for (int i = xAt; i != xAt + half; i += LANES) {
            FloatVector even = FloatVector.fromArray(F, x, i);
            FloatVector odd = FloatVector.fromArray(F, x, half + i);
            s0 = pairBf16(IntVector.fromMemorySegment(I, w, w0 + next, LE), even, odd, s0);
            s1 = pairBf16(IntVector.fromMemorySegment(I, w, w1 + next, LE), even, odd, s1);
            s2 = pairBf16(IntVector.fromMemorySegment(I, w, w2 + next, LE), even, odd, s2);
            s3 = pairBf16(IntVector.fromMemorySegment(I, w, w3 + next, LE), even, odd, s3);
            next += BYTES;
        }
        s0.intoArray(sums, at);
        s1.intoArray(sums, at + LANES);
        s2.intoArray(sums, at + 2 * LANES);
        s3.intoArray(sums, at + 3 * LANES);
    }

    private static FloatVector pairBf16(IntVector w, FloatVector even, FloatVector odd, FloatVector sum) {
        FloatVector w0 = w.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
        FloatVector w1 = w.and(0xffff0000).reinterpretAsFloats();
        return w1.fma(odd, w0.fma(even, sum));
    }

    /// Two rows: the conversions of four are more than the JIT compiler takes into one method, seven times slower.
    ///
    /// Returns whether all weights are finite; the sums are right only then. An exponent of all ones carries
    /// into the bit above it when one is added.
    private static boolean dotsF16(
            MemorySegment w, long w0, long w1, int cols, float[] x, int xAt, float[] sums, int at) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        IntVector carries = IntVector.zero(I);
        int half = cols / 2;
        long next = 0;
        for (int i = xAt; i != xAt + half; i += LANES) {
            FloatVector even = FloatVector.fromArray(F, x, i);
            FloatVector odd = FloatVector.fromArray(F, x, half + i);
            IntVector v0 = IntVector.fromMemorySegment(I, w, w0 + next, LE);
            IntVector v1 = IntVector.fromMemorySegment(I, w, w1 + next, LE);
            s0 = pairF16(v0, even, odd, s0);
            s1 = pairF16(v1, even, odd, s1);
            carries = carries.or(v0.and(0x7c007c00).add(0x04000400));
            carries = carries.or(v1.and(0x7c007c00).add(0x04000400));
            next += BYTES;
        }
        s0.intoArray(sums, at);
        s1.intoArray(sums, at + LANES);
        return carries.and(0x80008000).compare(VectorOperators.EQ, 0).allTrue();
    }

    private static FloatVector pairF16(IntVector w, FloatVector even, FloatVector odd, FloatVector sum) {
        FloatVector w0 = finite(w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3));
        FloatVector w1 = finite(w.lanewise(VectorOperators.ASHR, 3).and(0xffffe000));
        return w1.fma(odd, w0.fma(even, sum));
    }

    /// A finite f16 whose exponent and fraction lie where a float has them, below copies of its sign.
    private static FloatVector finite(IntVector v) {
        return v.and(0x8fffffff).reinterpretAsFloats().mul(0x1p112f);
    }

    @Override
    public void addWeighted(
            MemorySegment bytes,
            long index,
            long stride,
            int rows,
            int cols,
            float[] weights,
            int at,
            float[] y,
            int yAt) {
        int whole = cols - cols % LANES;
        int together = FORMAT == Format.F32 ? 4 : 2;
        int done = 0;
        for (; done + together <= rows; done += together) {
            long v = FORMAT.bytes(index + done * stride);
            if (FORMAT == Format.F32) {
                addF32(bytes, v, FORMAT.bytes(stride), whole, weights, at + done, y, yAt);
            } else {
                addPairs(bytes, v, FORMAT.bytes(stride), whole, weights, at + done, y, yAt);
            }
        }
        for (int row = 0; row < rows; row++) {
            for (int i = row < done ? whole : 0; i < cols; i++) {
                float v = FORMAT.read(bytes, index + row * stride + i);
                y[yAt + i] = Math.fma(v, weights[at + row], y[yAt + i]);
            }
        }
    }

    private static void addF32(
            MemorySegment v, long from, long step, int cols, float[] weights, int at, float[] y, int yAt) {
        FloatVector w0 = FloatVector.broadcast(F, weights[at]);
        FloatVector w1 = FloatVector.broadcast(F, weights[at + 1]);
        FloatVector w2 = FloatVector.broadcast(F, weights[at + 2]);
        FloatVector w3 = FloatVector.broadcast(F, weights[at + 3]);
        long next = from;
        for (int i = yAt; i != yAt + cols; i += LANES) {
            FloatVector sum = FloatVector.fromArray(F, y, i);
            sum = FloatVector.fromMemorySegment(F, v, next, LE).fma(w0, sum);
            sum = FloatVector.fromMemorySegment(F, v, next + step, LE).fma(w1, sum);
            sum = FloatVector.fromMemorySegment(F, v, next + 2 * step, LE).fma(w2, sum);
            sum = FloatVector.fromMemorySegment(F, v, next + 3 * step, LE).fma(w3, sum);
            sum.intoArray(y, i);
            next += BYTES;
        }
    }

    private static void addPairs(
            MemorySegment v, long from, long step, int cols, float[] weights, int at, float[] y, int yAt) {
        FloatVector w0 = FloatVector.broadcast(F, weights[at]);
        FloatVector w1 = FloatVector.broadcast(F, weights[at + 1]);
        long next = from;
        for (int i = yAt; i != yAt + cols; i += LANES) {
            IntVector v0 = upper(v, next);
            IntVector v1 = upper(v, next + step);
            FloatVector sum = FloatVector.fromArray(F, y, i);
            sum = (FORMAT == Format.F16 ? half(v0) : v0.reinterpretAsFloats()).fma(w0, sum);
            sum = (FORMAT == Format.F16 ? half(v1) : v1.reinterpretAsFloats()).fma(w1, sum);
            sum.intoArray(y, i);
            next += BYTES / 2;
        }
    }
}
