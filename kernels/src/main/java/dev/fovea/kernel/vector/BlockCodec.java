package dev.fovea.kernel.vector;

import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// One block format read with vectors; which one is a constant, see [Width]. Layouts are drawn in [Format].
///
/// Floats come out exactly as [Format#read] defines them. One-row products of Q8_0 and Q4_0 multiply the small whole
/// numbers first and scale the sum of a block; the K formats are unpacked block by block into scratch.
///
/// Each loop is a method of its own with few vector operations: more than the JIT compiler takes into one method
/// would make it 20 to 100 times slower.
final class BlockCodec implements RowCodec {
    private static final VectorSpecies<Float> F = Width.speciesOf(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = F.withLanes(int.class);
    private static final Format FORMAT = Width.formatOf(MethodHandles.lookup());
    private static final int LANES = F.length();

    /// A byte for each lane, or 64 bits, the shortest vector.
    private static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));

    private static final int STEP = B.length();
    private static final int PARTS = STEP / LANES;
    private static final int BLOCK = FORMAT.block();
    private static final int BLOCK_BYTES = FORMAT.blockBytes();
    private static final boolean FUSED = FORMAT == Format.Q8_0 || FORMAT == Format.Q4_0;

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public int dotFloats() {
        return GROUP * LANES + (FUSED ? 0 : BLOCK);
    }

    @Override
    public void unpack(
            MemorySegment bytes, long index, long stride, int rows, int cols, float[] to, int at, int toStride) {
        for (int r = 0; r < rows; r++) {
            long from = FORMAT.bytes(index + r * stride);
            int begin = at + r * toStride;
            for (int i = begin; i < begin + cols; i += BLOCK) {
                unpackBlock(bytes, from, to, i);
                from += BLOCK_BYTES;
            }
        }
    }

    private static void unpackBlock(MemorySegment bytes, long block, float[] to, int at) {
        switch (FORMAT) {
            case Q8_0 -> unpackQ8(bytes, block + 2, half(bytes, block), to, at);
            case Q4_0 -> {
                float d = half(bytes, block);
                nibbles(bytes, block + 2, 0, 16, 8, d, 0, to, at);
                nibbles(bytes, block + 2, 4, 16, 8, d, 0, to, at + 16);
            }
            case Q4_K, Q5_K -> unpackGroups(bytes, block, half(bytes, block), half(bytes, block + 2), to, at);
            case Q6_K -> unpackQ6(bytes, block, half(bytes, block + 208), to, at);
            default -> throw new IllegalStateException("not a block format: " + FORMAT);
        }
    }

    private static void unpackQ8(MemorySegment bytes, long from, float scale, float[] to, int at) {
        for (int i = 0; i < BLOCK; i += STEP) {
            ByteVector q = ByteVector.fromMemorySegment(B, bytes, from + i, LE);
            for (int part = 0; part < PARTS; part++) {
                signed(q, part).mul(scale).intoArray(to, at + i + part * LANES);
            }
        }
    }

    /// The eight groups of a Q4_K or Q5_K block.
    private static void unpackGroups(MemorySegment bytes, long block, float d, float dmin, float[] to, int at) {
        for (int g = 0; g < 8; g++) {
            int k = g % 4;
            int first = u8(bytes, block + 4 + k);
            int second = u8(bytes, block + 8 + k);
            int third = u8(bytes, block + 12 + k);
            float scale = d * (g < 4 ? first & 63 : third & 15 | first >> 6 << 4);
            float min = dmin * (g < 4 ? second & 63 : third >> 4 | second >> 6 << 4);
            int shift = g % 2 * 4;
            if (FORMAT == Format.Q4_K) {
                nibbles(bytes, block + 16 + 32L * (g / 2), shift, 32, 0, scale, min, to, at + 32 * g);
            } else {
                long low = block + 48 + 32L * (g / 2);
                wider(bytes, low, shift, block + 16, g, 1, 32, 0, scale, min, to, at + 32 * g);
            }
        }
    }

    private static void unpackQ6(MemorySegment bytes, long block, float d, float[] to, int at) {
        for (int group = 0; group < 16; group++) { // 16 numbers each
            int quarter = group / 2 % 4;
            long low = block + 64L * (group / 8) + 32L * (quarter % 2) + 16L * (group % 2);
            long high = block + 128 + 32L * (group / 8) + 16L * (group % 2);
            float scale = d * bytes.get(ValueLayout.JAVA_BYTE, block + 192 + group);
            wider(bytes, low, quarter / 2 * 4, high, 2 * quarter, 3, 16, 32, scale, 0, to, at + 16 * group);
        }
    }

    /// `count` numbers of four bits: `(q − offset) · scale − min`.
    private static void nibbles(
            MemorySegment bytes,
            long from,
            int shift,
            int count,
            int offset,
            float scale,
            float min,
            float[] to,
            int at) {
        for (int i = 0; i < count; i += STEP) {
            ByteVector v = ByteVector.fromMemorySegment(B, bytes, from + i, LE);
            for (int part = 0; part < PARTS; part++) {
                floats(unsigned(v, part)
                                .lanewise(VectorOperators.LSHR, shift)
                                .and(15)
                                .sub(offset))
                        .mul(scale)
                        .sub(min)
                        .intoArray(to, at + i + part * LANES);
            }
        }
    }

    /// As [#nibbles], with further bits above the four from bytes at `high`.
    private static void wider(
            MemorySegment bytes,
            long low,
            int shift,
            long high,
            int highShift,
            int mask,
            int count,
            int offset,
            float scale,
            float min,
            float[] to,
            int at) {
        for (int i = 0; i < count; i += STEP) {
            ByteVector v = ByteVector.fromMemorySegment(B, bytes, low + i, LE);
            ByteVector h = ByteVector.fromMemorySegment(B, bytes, high + i, LE);
            for (int part = 0; part < PARTS; part++) {
                IntVector upper = unsigned(h, part)
                        .lanewise(VectorOperators.LSHR, highShift)
                        .and(mask)
                        .lanewise(VectorOperators.LSHL, 4);
                IntVector q = unsigned(v, part)
                        .lanewise(VectorOperators.LSHR, shift)
                        .and(15)
                        .or(upper);
                floats(q.sub(offset)).mul(scale).sub(min).intoArray(to, at + i + part * LANES);
            }
        }
    }

    private static IntVector unsigned(ByteVector v, int part) {
        return (IntVector) v.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
    }

    private static FloatVector signed(ByteVector v, int part) {
        return (FloatVector) v.convertShape(VectorOperators.B2F, F, part);
    }

    private static FloatVector floats(IntVector v) {
        return (FloatVector) v.convertShape(VectorOperators.I2F, F, 0);
    }

    /// Activations stay as they are.
    @Override
    public void arrange(float[] x, int at, int cols, float[] to, int toAt) {
        System.arraycopy(x, at, to, toAt, cols);
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
        long w = FORMAT.bytes(index);
        long step = FORMAT.bytes(stride);
        Arrays.fill(sums, at, at + GROUP * LANES, 0);
        if (FUSED) {
            for (int r = 0; r < rows; r += 2) {
                long first = w + r * step;
                long second = r + 1 < rows ? first + step : first;
                if (FORMAT == Format.Q8_0) {
                    dotsQ8(bytes, first, second, cols, x, xAt, sums, at + r * LANES);
                } else {
                    dotsQ4(bytes, first, second, cols, x, xAt, sums, at + r * LANES);
                }
            }
        } else {
            int scratch = at + GROUP * LANES;
            for (int r = 0; r < rows; r++) {
                long block = w + r * step;
                for (int i = xAt; i < xAt + cols; i += BLOCK) {
                    unpackBlock(bytes, block, sums, scratch);
                    addDot(sums, scratch, x, i, at + r * LANES);
                    block += BLOCK_BYTES;
                }
            }
        }
        for (int r = 0; r < rows; r++) {
            sums[at + r] = RowCodec.sum(sums, at + r * LANES, LANES); // in the lanes of row 0, summed already
        }
    }

    private static void dotsQ8(MemorySegment w, long w0, long w1, int cols, float[] x, int xAt, float[] sums, int at) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        long next = 0;
        for (int i = xAt; i != xAt + cols; i += BLOCK) {
            FloatVector b0 = FloatVector.zero(F);
            FloatVector b1 = FloatVector.zero(F);
            for (int j = 0; j < BLOCK; j += STEP) {
                ByteVector q0 = ByteVector.fromMemorySegment(B, w, w0 + next + 2 + j, LE);
                ByteVector q1 = ByteVector.fromMemorySegment(B, w, w1 + next + 2 + j, LE);
                for (int part = 0; part < PARTS; part++) {
                    FloatVector v = FloatVector.fromArray(F, x, i + j + part * LANES);
                    b0 = signed(q0, part).fma(v, b0);
                    b1 = signed(q1, part).fma(v, b1);
                }
            }
            s0 = b0.fma(FloatVector.broadcast(F, half(w, w0 + next)), s0);
            s1 = b1.fma(FloatVector.broadcast(F, half(w, w1 + next)), s1);
            next += BLOCK_BYTES;
        }
        s0.intoArray(sums, at);
        s1.intoArray(sums, at + LANES);
    }

    private static void dotsQ4(MemorySegment w, long w0, long w1, int cols, float[] x, int xAt, float[] sums, int at) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        long next = 0;
        for (int i = xAt; i != xAt + cols; i += BLOCK) {
            FloatVector b0 = FloatVector.zero(F);
            FloatVector b1 = FloatVector.zero(F);
            for (int j = 0; j < BLOCK / 2; j += STEP) {
                ByteVector q0 = ByteVector.fromMemorySegment(B, w, w0 + next + 2 + j, LE);
                ByteVector q1 = ByteVector.fromMemorySegment(B, w, w1 + next + 2 + j, LE);
                for (int part = 0; part < PARTS; part++) {
                    int at16 = i + j + part * LANES;
                    b0 = pair(unsigned(q0, part), x, at16, b0);
                    b1 = pair(unsigned(q1, part), x, at16, b1);
                }
            }
            s0 = b0.fma(FloatVector.broadcast(F, half(w, w0 + next)), s0);
            s1 = b1.fma(FloatVector.broadcast(F, half(w, w1 + next)), s1);
            next += BLOCK_BYTES;
        }
        s0.intoArray(sums, at);
        s1.intoArray(sums, at + LANES);
    }

    /// Adds the products of both halves of bytes: the low ones' activations begin at `at`, the high ones' 16 later.
    private static FloatVector pair(IntVector q, float[] x, int at, FloatVector sum) {
        FloatVector low = floats(q.and(15).sub(8));
        FloatVector high = floats(q.lanewise(VectorOperators.LSHR, 4).sub(8));
        return high.fma(FloatVector.fromArray(F, x, at + 16), low.fma(FloatVector.fromArray(F, x, at), sum));
    }

    /// Adds the dot product of a block of floats to the lanes at `to`.
    private static void addDot(float[] w, int wAt, float[] x, int xAt, int to) {
        FloatVector s0 = FloatVector.fromArray(F, w, to);
        FloatVector s1 = FloatVector.zero(F);
        for (int i = 0; i < BLOCK; i += 2 * LANES) {
            s0 = FloatVector.fromArray(F, w, wAt + i).fma(FloatVector.fromArray(F, x, xAt + i), s0);
            s1 = FloatVector.fromArray(F, w, wAt + i + LANES).fma(FloatVector.fromArray(F, x, xAt + i + LANES), s1);
        }
        s0.add(s1).intoArray(w, to);
    }

    /// Never asked for: keys and values have no block formats.
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
        throw new UnsupportedOperationException("values in " + FORMAT);
    }

    private static int u8(MemorySegment bytes, long at) {
        return bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private static float half(MemorySegment bytes, long at) {
        return Float.float16ToFloat(bytes.get(SHORT, at));
    }
}
