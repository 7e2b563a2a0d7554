package dev.fovea.kernel.onednn;

import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.onednn.Arithmetic.Notes;
import dev.fovea.kernel.onednn.PackedWeights.Packed;
import dev.fovea.kernel.onednn.Primitive.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Matrix products in one arithmetic.
///
/// ```
/// x  [rows, in]   converted once for each call to [rows][depth] off the heap, shared by all workers
/// w  [out, in]    packed STRIP outputs at a time, each worker its own, or kept packed
/// y  [rows, out]  ROWS rows and a strip at a time: summed by oneDNN off the heap, then scaled to where it belongs
/// ```
///
/// `depth` is `in` rounded up to a multiple of 64 with zeros. Strips do not depend on the number of threads, so
/// neither do results.
final class Products implements AutoCloseable {
    /// Outputs at a time: with `ROWS`, sums and a strip of 4096 bf16 weights are about what the second cache level
    /// holds. Wider strips are no faster.
    static final int STRIP = 128;

    /// Rows at a time.
    static final int ROWS = 256;

    /// The library's kernels for fewer rows want another layout; rows beyond the last are computed in vain.
    private static final int FEWEST_ROWS = 16;

    /// Rows whose activations are converted together: 4096 of 11008 bf16 numbers are 90 MB.
    private static final int CHUNK = 4096;

    /// Rows that a worker converts at a time.
    private static final int CONVERTED = 16;

    private final Workers workers;
    private final Arithmetic arithmetic;
    private final Dnnl dnnl;
    private final Primitives primitives;
    private final PackedWeights kept;
    private final Buffer activations = new Buffer();
    private final Desk[] desks; // [threads]
    private float[] scales = new float[0]; // [rows] of a chunk

    /// What one worker works with.
    private static final class Desk implements AutoCloseable {
        final Packer packer;
        final Buffer weights = new Buffer(); // a strip, packed
        final Buffer sums = new Buffer(); // [ROWS, STRIP]
        final Notes notes;
        final float[] bias = new float[STRIP];

        Desk(Kernels vector, Arithmetic arithmetic) {
            this.packer = new Packer(vector, arithmetic);
            this.notes = arithmetic.notes(STRIP);
        }

        @Override
        public void close() {
            weights.close();
            sums.close();
        }
    }

    /// @param keptBytes most memory for packed weights that are kept
    Products(Kernels vector, Arithmetic arithmetic, Dnnl dnnl, long keptBytes) {
        this.workers = vector.workers();
        this.arithmetic = arithmetic;
        this.dnnl = dnnl;
        this.primitives = new Primitives(dnnl, arithmetic.types(), workers.threads());
        this.kept = new PackedWeights(keptBytes);
        this.desks = new Desk[workers.threads()];
        Arrays.setAll(desks, _ -> new Desk(vector, arithmetic));
    }

    static int padded(int n) {
        return Math.ceilDiv(n, Primitive.BLOCK) * Primitive.BLOCK;
    }

    /// False, with nothing written, where the library cannot.
    boolean multiply(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        if (w.cols() == 0 || w.cols() > arithmetic.mostCols()) {
            return false;
        }
        Optional<Compiled> compiled = compiled(w, x.rows());
        if (compiled.isEmpty()) {
            return false;
        }
        Optional<Packed> packed = kept.of(w, arithmetic);
        boolean fresh = packed.isPresent() && packed.get().fresh();
        for (int begin = 0; begin < x.rows(); begin += CHUNK) {
            int end = Math.min(begin + CHUNK, x.rows());
            boolean packs = packed.isEmpty() || fresh && begin == 0;
            multiply(new Chunk(w, packed, packs, x.slice(begin, end), bias, y.slice(begin, end), compiled.get()));
        }
        if (fresh) {
            kept.filled(w, packed.get());
        }
        return true;
    }

    /// The primitives of a product, by the rows and the outputs of a block: whole ones first, then what is left of
    /// them at the end.
    private record Compiled(Primitive[][] primitives) {
        Primitive of(int rows, int cols) {
            return primitives[rows == ROWS ? 0 : 1][cols == STRIP ? 0 : 1];
        }
    }

    private Optional<Compiled> compiled(Matrix w, int rows) {
        int[] blockRows = {rows >= ROWS ? ROWS : 0, rows % ROWS};
        int[] blockCols = {padded(w.rows()) >= STRIP ? STRIP : 0, padded(w.rows()) % STRIP};
        Primitive[][] compiled = new Primitive[2][2];
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                if (blockRows[i] > 0 && blockCols[j] > 0) {
                    Shape shape = new Shape(Math.max(blockRows[i], FEWEST_ROWS), blockCols[j], padded(w.cols()));
                    Optional<Primitive> primitive = primitives.of(shape);
                    if (primitive.isEmpty()) {
                        return Optional.empty();
                    }
                    compiled[i][j] = primitive.get();
                }
            }
        }
        return Optional.of(new Compiled(compiled));
    }

    /// Rows of a product that are computed together.
    ///
    /// @param packs whether `packed` is yet to be filled, or there is none
    private record Chunk(
            Matrix w,
            Optional<Packed> packed,
            boolean packs,
            Tensor x,
            float @Nullable [] bias,
            Tensor y,
            Compiled compiled) {}

    private void multiply(Chunk chunk) {
        int rows = chunk.x.rows();
        long rowBytes = rowBytes(chunk.w);
        MemorySegment converted = activations.atLeast((rows + FEWEST_ROWS) * rowBytes); // [rows][depth]
        scales = scales.length < rows ? new float[rows] : scales;
        for (Desk desk : desks) {
            desk.weights.atLeast(chunk.packed.isEmpty() ? STRIP * rowBytes : 0);
            desk.sums.atLeast(4L * ROWS * STRIP);
        }
        workers.forEach(Math.ceilDiv(rows, CONVERTED), (part, _) -> convert(chunk.x, part * CONVERTED, converted));
        int strips = Math.ceilDiv(chunk.w.rows(), STRIP);
        workers.forEachInTurn(strips, (strip, worker) -> strip(chunk, strip * STRIP, converted, worker));
    }

    private long rowBytes(Matrix w) {
        return (long) padded(w.cols()) * arithmetic.types().elementBytes();
    }

    private void convert(Tensor x, int begin, MemorySegment to) {
        int depth = padded(x.cols());
        long rowBytes = (long) depth * arithmetic.types().elementBytes();
        for (int row = begin; row < Math.min(begin + CONVERTED, x.rows()); row++) {
            scales[row] = arithmetic.activations(x.data(), x.at(row), x.cols(), to, row * rowBytes, depth);
        }
    }

    /// Outputs `out … out + STRIP - 1`, as many as there are.
    private void strip(Chunk chunk, int out, MemorySegment converted, int worker) {
        dnnl.onOneThread();
        Desk desk = desks[worker];
        long rowBytes = rowBytes(chunk.w);
        int cols = Math.min(STRIP, padded(chunk.w.rows()) - out);
        Notes notes = chunk.packed.isEmpty() ? desk.notes : chunk.packed.get().notes();
        int noteAt = chunk.packed.isEmpty() ? 0 : out;
        MemorySegment weights = chunk.packed.isEmpty()
                ? desk.weights.atLeast(0)
                : chunk.packed.get().bytes().asSlice(out * rowBytes, cols * rowBytes);
        if (chunk.packs) {
            for (int block = 0; block < cols; block += Primitive.BLOCK) {
                desk.packer.pack(chunk.w, out + block, weights, block * rowBytes, notes, noteAt + block);
            }
        }
        int outs = Math.min(cols, chunk.w.rows() - out);
        if (chunk.bias == null) {
            Arrays.fill(desk.bias, 0);
        } else {
            System.arraycopy(chunk.bias, out, desk.bias, 0, outs);
        }
        MemorySegment sums = desk.sums.atLeast(0);
        Tensor y = chunk.y;
        for (int begin = 0; begin < y.rows(); begin += ROWS) {
            int rows = Math.min(ROWS, y.rows() - begin);
            chunk.compiled.of(rows, cols).run(worker, converted.asSlice(begin * rowBytes), weights, sums);
            for (int r = 0; r < rows; r++) {
                float scale = scales[begin + r];
                long from = 4L * r * cols;
                arithmetic.sums(sums, from, outs, scale, notes, noteAt, desk.bias, y.data(), y.at(begin + r) + out);
            }
        }
    }

    /// Bytes of packed weights that are kept.
    long keptBytes() {
        return kept.bytes();
    }

    @Override
    public void close() {
        primitives.close();
        kept.close();
        activations.close();
        for (Desk desk : desks) {
            desk.close();
        }
    }
}
