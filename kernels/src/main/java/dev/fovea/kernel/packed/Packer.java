package dev.fovea.kernel.packed;

import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.packed.Arithmetic.Notes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// Brings weights into the layout that products with many rows read, oneDNN's as well as those of machine code, four
/// bytes at a time, for one thread.
///
/// ```
/// w       64 rows, one for each output
/// rows    ROWS of them as int[depth · elementBytes / 4]
/// packed  [depth · elementBytes / 4][64] ints
/// ```
///
/// The library's own reordering took 1 ns for each bf16 weight on Zen 4, a fifth of the time of a product with 577
/// rows.
public final class Packer {
    /// Outputs that lie together, and what depths are multiples of.
    public static final int BLOCK = 64;

    /// Rows that turn into columns together: sixteen ints are a cache line.
    private static final int ROWS = 16;

    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final int LINE_BYTES = 4 * BLOCK;

    private final Kernels vector;
    private final Arithmetic arithmetic;
    private final int[] tile = new int[ROWS * ROWS];
    private float[] row = new float[0];
    private int[] rows = new int[0];

    /// @param vector reads rows of weights
    Packer(Kernels vector, Arithmetic arithmetic) {
        this.vector = vector;
        this.arithmetic = arithmetic;
    }

    /// `n` rounded up to whole blocks.
    public static int padded(int n) {
        return Math.ceilDiv(n, BLOCK) * BLOCK;
    }

    /// Packs outputs `out … out + 63` of `w`; outputs that are not there become zeros.
    ///
    /// @param to    from byte `at`
    /// @param notes of the output `out` is number `noteAt`
    void pack(Matrix w, int out, MemorySegment to, long at, Notes notes, int noteAt) {
        int ints = Packer.padded(w.cols()) / 4 * arithmetic.elementBytes();
        int stride = ints + ROWS; // not a power of two, whose rows would compete for the same lines of the cache
        row = row.length < Packer.padded(w.cols()) ? new float[Packer.padded(w.cols())] : row;
        rows = rows.length < ROWS * stride ? new int[ROWS * stride] : rows;
        Arrays.fill(row, w.cols(), Packer.padded(w.cols()), 0);
        for (int begin = 0; begin < BLOCK; begin += ROWS) {
            for (int r = 0; r < ROWS; r++) {
                read(w, out + begin + r, r * stride, ints, notes, noteAt + begin + r);
            }
            for (int i = 0; i < ints; i += ROWS) {
                transpose(rows, i, stride, tile);
                store(tile, to, at + (long) i * LINE_BYTES + 4L * begin);
            }
        }
    }

    private void read(Matrix w, int out, int at, int ints, Notes notes, int noteAt) {
        if (out >= w.rows()) {
            Arrays.fill(rows, at, at + ints, 0);
        } else if (arithmetic.isAsStored(w.format()) && w.rowBytes() % 4 == 0) {
            int whole = (int) (w.rowBytes() / 4);
            MemorySegment.copy(w.bytes(), ValueLayout.JAVA_INT_UNALIGNED, out * w.rowBytes(), rows, at, whole);
            Arrays.fill(rows, at + whole, at + ints, 0);
        } else {
            vector.unpack(w, out, row);
            arithmetic.weights(row, w.cols(), rows, at, notes, noteAt);
        }
    }

    private static void transpose(int[] rows, int at, int stride, int[] tile) {
        for (int r = 0; r < ROWS; r++) {
            int from = at + r * stride;
            for (int i = 0; i < ROWS; i++) {
                tile[i * ROWS + r] = rows[from + i];
            }
        }
    }

    private static void store(int[] tile, MemorySegment to, long at) {
        for (int i = 0; i < ROWS; i++) {
            for (int lane = 0; lane < ROWS; lane += I.length()) {
                IntVector.fromArray(I, tile, i * ROWS + lane)
                        .intoMemorySegment(to, at + (long) i * LINE_BYTES + 4L * lane, ByteOrder.nativeOrder());
            }
        }
    }
}
