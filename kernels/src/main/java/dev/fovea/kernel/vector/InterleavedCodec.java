package dev.fovea.kernel.vector;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// One block format read from the layout that is drawn in [Interleaved], with exact activations; which format is a
/// constant, see [Width]. Rows are lanes, so no sum crosses them.
///
/// The index of a number is `row * stride + column`, as if the rows lay one after the other; the stride is the
/// number of columns.
final class InterleavedCodec implements RowCodec {
    private static final VectorSpecies<Float> F = Width.speciesOf(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = F.withLanes(int.class);
    private static final Format FORMAT = Width.formatOf(MethodHandles.lookup());
    private static final int LANES = F.length();
    private static final int ROWS = Interleaved.ROWS;
    private static final int BLOCK = 32;
    private static final int SCALE_BYTES = 128;

    /// Of the numbers of 32 inputs, in a tile.
    private static final int BLOCK_BYTES = FORMAT == Format.Q8_0 ? 32 * ROWS : 16 * ROWS;

    private static final int TILE_BYTES = SCALE_BYTES + 4 * BLOCK_BYTES;
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public int group() {
        return ROWS;
    }

    @Override
    public int dotFloats() {
        return 2 * ROWS;
    }

    @Override
    public void unpack(
            MemorySegment bytes, long index, long stride, int rows, int cols, float[] to, int at, int toStride) {
        if (cols == 0) {
            return;
        }
        int row = (int) (index / stride);
        int col = (int) (index % stride);
        for (int r = 0; r < rows; r++) {
            long first = group(row + r, stride);
            for (int i = 0; i < cols; i += BLOCK) {
                unpackBlock(bytes, first, col + i, (row + r) % ROWS, to, at + r * toStride + i);
            }
        }
    }

    /// Where the tiles of a row begin.
    private static long group(int row, long cols) {
        return row / ROWS * Math.ceilDiv(cols, Interleaved.INPUTS) * TILE_BYTES;
    }

    private static void unpackBlock(MemorySegment bytes, long group, int col, int lane, float[] to, int at) {
        long tile = group + (long) (col / Interleaved.INPUTS) * TILE_BYTES;
        int block = col % Interleaved.INPUTS / BLOCK;
        float d = Float.float16ToFloat(bytes.get(SHORT, tile + 2L * (block * ROWS + lane)));
        long quants = tile + SCALE_BYTES + (long) block * BLOCK_BYTES + 4L * lane;
        for (int i = 0; i < BLOCK; i += 4) {
            int four = FORMAT == Format.Q8_0
                    ? bytes.get(INT, quants + 16L * i) ^ 0x80808080
                    : (bytes.get(INT, quants + 8L * (i & ~7)) >>> (i & 4) & 0x0f0f0f0f) + 0x78787878 ^ 0x80808080;
            to[at + i] = d * (byte) four;
            to[at + i + 1] = d * (byte) (four >> 8);
            to[at + i + 2] = d * (byte) (four >> 16);
            to[at + i + 3] = d * (four >> 24);
        }
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
        Arrays.fill(sums, at, at + ROWS, 0);
        long tile = cols == 0 ? 0 : group((int) (index / stride), stride);
        for (int i = 0; i < cols; i += BLOCK) {
            int block = i % Interleaved.INPUTS / BLOCK;
            scales(bytes, tile + 32L * block, sums, at + ROWS);
            for (int lane = 0; lane < ROWS; lane += LANES) {
                long quants = tile + SCALE_BYTES + (long) block * BLOCK_BYTES + 4L * lane;
                FloatVector products = FORMAT == Format.Q8_0
                        ? dotBytes(bytes, quants, x, xAt + i)
                        : dotNibbles(bytes, quants, x, xAt + i);
                products.fma(
                                FloatVector.fromArray(F, sums, at + ROWS + lane),
                                FloatVector.fromArray(F, sums, at + lane))
                        .intoArray(sums, at + lane);
            }
            tile += block == 3 ? TILE_BYTES : 0;
        }
    }

    private static void scales(MemorySegment bytes, long from, float[] to, int at) {
        for (int lane = 0; lane < ROWS; lane++) {
            to[at + lane] = Float.float16ToFloat(bytes.get(SHORT, from + 2L * lane));
        }
    }

    /// 32 inputs of Q8_0: each int lane has four of a row.
    private static FloatVector dotBytes(MemorySegment bytes, long from, float[] x, int xAt) {
        FloatVector sum = FloatVector.zero(F);
        long next = from;
        for (int i = xAt; i != xAt + BLOCK; i += 4) {
            IntVector four = IntVector.fromMemorySegment(I, bytes, next, LE);
            sum = times(four.and(255), 128, x[i], sum);
            sum = times(four.lanewise(VectorOperators.LSHR, 8).and(255), 128, x[i + 1], sum);
            sum = times(four.lanewise(VectorOperators.LSHR, 16).and(255), 128, x[i + 2], sum);
            sum = times(four.lanewise(VectorOperators.LSHR, 24), 128, x[i + 3], sum);
            next += 4 * ROWS;
        }
        return sum;
    }

    /// 32 inputs of Q4_0: each int lane has eight of a row.
    private static FloatVector dotNibbles(MemorySegment bytes, long from, float[] x, int xAt) {
        FloatVector sum = FloatVector.zero(F);
        long next = from;
        for (int i = xAt; i != xAt + BLOCK; i += 8) {
            IntVector eight = IntVector.fromMemorySegment(I, bytes, next, LE);
            sum = dotFour(eight.and(0x0f0f0f0f), x, i, sum);
            sum = dotFour(eight.lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f), x, i + 4, sum);
            next += 4 * ROWS;
        }
        return sum;
    }

    private static FloatVector dotFour(IntVector four, float[] x, int i, FloatVector sum) {
        FloatVector first = times(four.and(15), 8, x[i], sum);
        FloatVector second = times(four.lanewise(VectorOperators.LSHR, 8).and(15), 8, x[i + 1], first);
        FloatVector third = times(four.lanewise(VectorOperators.LSHR, 16).and(15), 8, x[i + 2], second);
        return times(four.lanewise(VectorOperators.LSHR, 24), 8, x[i + 3], third);
    }

    private static FloatVector times(IntVector q, int offset, float x, FloatVector sum) {
        FloatVector w = (FloatVector) q.sub(offset).convertShape(VectorOperators.I2F, F, 0);
        return w.fma(FloatVector.broadcast(F, x), sum);
    }

    /// Never asked for: keys and values are not interleaved.
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
        throw new UnsupportedOperationException("interleaved values");
    }
}
