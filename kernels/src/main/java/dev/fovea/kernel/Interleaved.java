package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The layout [Matrix.Layout#INTERLEAVED] of Q8_0 and Q4_0 weights: 16 output rows side by side, so that they
/// are the lanes of a vector, their scales too, and no sum crosses lanes.
///
/// The weights of 16 rows and 128 inputs form a tile, all bytes of which are read in order; tiles follow each
/// other along the inputs, then along the rows. Rows and inputs that are not there have scale 0.
///
/// ```
/// Q8_0, 2176 bytes
/// 0                           128
/// │ d [4 blocks][16 rows]     │ q + 128 [4 blocks][8][16 rows][4 inputs], unsigned bytes
///
/// Q4_0, 1152 bytes            in block b, byte (s, row, j):
/// │ d [4 blocks][16 rows]     │ [4 blocks][4][16 rows][4]
///                               low half  q + 8 of input 32 b + 8 s + j
///                               high half q + 8 of input 32 b + 8 s + 4 + j
/// ```
///
/// Groups of four inputs are what one VNNI instruction multiplies and adds in each lane.
public final class Interleaved {
    /// Rows of a tile.
    public static final int ROWS = 16;

    /// Inputs of a tile.
    public static final int INPUTS = 128;

    private static final int BLOCK = 32;
    private static final int SCALE_BYTES = 2 * ROWS * INPUTS / BLOCK;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Interleaved() {}

    /// Whether weights of this format can be interleaved.
    public static boolean holds(Format format) {
        return format == Format.Q8_0 || format == Format.Q4_0;
    }

    /// Bytes of a tile.
    public static int tileBytes(Format format) {
        return switch (format) {
            case Q8_0 -> SCALE_BYTES + ROWS * INPUTS;
            case Q4_0 -> SCALE_BYTES + ROWS * INPUTS / 2;
            default ->
                throw new IllegalArgumentException("interleaved weights: expected Q8_0 or Q4_0, found " + format);
        };
    }

    /// Bytes of 16 rows of `cols` inputs.
    public static long groupBytes(Format format, int cols) {
        return (long) Math.ceilDiv(cols, INPUTS) * tileBytes(format);
    }

    /// Bytes of a matrix.
    public static long bytes(Format format, int rows, int cols) {
        return Math.multiplyExact(Math.ceilDiv(rows, ROWS), groupBytes(format, cols));
    }

    /// The same weights interleaved.
    ///
    /// @param memory gives zeros
    public static Matrix of(Matrix w, Workers workers, SegmentAllocator memory) {
        if (w.layout() != Matrix.Layout.ROWS) {
            throw new IllegalArgumentException("these weights are interleaved already");
        }
        MemorySegment to = memory.allocate(bytes(w.format(), w.rows(), w.cols()), 64);
        long groupBytes = groupBytes(w.format(), w.cols());
        workers.forEach(Math.ceilDiv(w.rows(), ROWS), (group, _) -> {
            MemorySegment tiles = to.asSlice(group * groupBytes, groupBytes);
            for (int row = group * ROWS; row < Math.min(w.rows(), (group + 1) * ROWS); row++) {
                MemorySegment from = w.bytes().asSlice(row * w.rowBytes(), w.rowBytes());
                for (int block = 0; block < w.cols() / BLOCK; block++) {
                    put(from, block, w.format(), tiles, row % ROWS);
                }
            }
        });
        return new Matrix(to.asReadOnly(), w.format(), w.rows(), w.cols(), Matrix.Layout.INTERLEAVED);
    }

    private static void put(MemorySegment from, int block, Format format, MemorySegment tiles, int lane) {
        long at = (long) block * format.blockBytes();
        long tile = (long) (block / 4) * tileBytes(format);
        tiles.set(SHORT, tile + 2L * (block % 4 * ROWS + lane), from.get(SHORT, at));
        long to = tile + SCALE_BYTES + (long) (block % 4) * ROWS * (format.blockBytes() - 2) + 4L * lane;
        if (format == Format.Q8_0) {
            for (int i = 0; i < 8; i++) {
                tiles.set(INT, to + 4L * ROWS * i, from.get(INT, at + 2 + 4L * i) ^ 0x80808080);
            }
        } else {
            for (int i = 0; i < 2; i++) {
                int even = from.get(INT, at + 2 + 8L * i);
                int odd = from.get(INT, at + 6 + 8L * i);
                tiles.set(INT, to + 4L * ROWS * i, even & 0x0f0f0f0f | (odd & 0x0f0f0f0f) << 4);
                tiles.set(INT, to + 4L * ROWS * (i + 2), even >>> 4 & 0x0f0f0f0f | odd & 0xf0f0f0f0);
            }
        }
    }

    /// Weight `[row, col]` of a matrix of `cols` inputs, exactly.
    static float read(MemorySegment bytes, Format format, int cols, int row, int col) {
        long tile = row / ROWS * groupBytes(format, cols) + (long) (col / INPUTS) * tileBytes(format);
        int block = col % INPUTS / BLOCK;
        int i = col % BLOCK;
        int lane = row % ROWS;
        float d = Float.float16ToFloat(bytes.get(SHORT, tile + 2L * (block * ROWS + lane)));
        long quants = tile + SCALE_BYTES + (long) block * ROWS * (format.blockBytes() - 2);
        if (format == Format.Q8_0) {
            int q = bytes.get(ValueLayout.JAVA_BYTE, quants + (i / 4 * ROWS + lane) * 4L + i % 4) & 0xff;
            return d * (q - 128);
        }
        int pair = bytes.get(ValueLayout.JAVA_BYTE, quants + (i / 8 * ROWS + lane) * 4L + i % 4) & 0xff;
        return d * ((pair >> i % 8 / 4 * 4 & 15) - 8);
    }
}
