package dev.fovea.kernel.packed;

import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Kernels.Product;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.packed.Arithmetic.Notes;
import dev.fovea.kernel.packed.PackedWeights.Packed;
import dev.fovea.kernel.packed.Strips.Activations;
import dev.fovea.kernel.packed.Strips.Strip;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Matrix products in one arithmetic.
///
/// ```
/// x  [rows, in]   converted once for each call to [rows][depth] off the heap, shared by all workers
/// w  [out, in]    packed a strip of outputs at a time, each worker its own, or kept packed
/// y  [rows, out]  a strip at a time, and some rows at a time where weights are kept
/// ```
///
/// `depth` is `in` rounded up to a multiple of 64 with zeros. Strips do not depend on the number of threads, so
/// neither do results.
public final class PackedProducts implements AutoCloseable {
    /// Memory for packed weights: a vision tower of 300 million parameters in bf16, and some more.
    public static final long KEPT_BYTES = 1L << 30;

    /// Rows whose activations are converted together: 4096 of 11008 bf16 numbers are 90 MB.
    private static final int CHUNK = 4096;

    /// Rows that a worker converts at a time.
    private static final int CONVERTED = 16;

    /// Fewest tiles of a thread's own rows, which are its own in what comes before and after a product too.
    private static final int SHARE_TILES = 8;

    private final Workers workers;
    private final Strips strips;
    private final Arithmetic arithmetic;
    private final PackedWeights kept;
    private final Buffer activations = new Buffer();
    private final Desk[] desks; // [threads]
    private float[] scales = new float[0]; // [rows] of a chunk

    /// What one worker works with.
    private static final class Desk implements AutoCloseable {
        final Packer packer;
        final Buffer weights = new Buffer(); // a strip, packed
        final Notes notes;
        final float[] bias;

        Desk(Kernels vector, Strips strips) {
            this.packer = new Packer(vector, strips.arithmetic());
            this.notes = strips.arithmetic().notes(strips.outputs());
            this.bias = new float[strips.outputs()];
        }

        @Override
        public void close() {
            weights.close();
        }
    }

    /// Closes `strips` with itself.
    ///
    /// @param vector    reads rows of weights
    /// @param keptBytes most memory for packed weights that are kept
    public PackedProducts(Kernels vector, Strips strips, long keptBytes) {
        this.workers = vector.workers();
        this.strips = strips;
        this.arithmetic = strips.arithmetic();
        this.kept = new PackedWeights(keptBytes);
        this.desks = new Desk[workers.threads()];
        Arrays.setAll(desks, _ -> new Desk(vector, strips));
    }

    /// As the other, of one product.
    public boolean multiply(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        return multiply(List.of(new Product(w, bias, y)), x);
    }

    /// False, with nothing written, where `strips` cannot. Rows are converted once for all products.
    public boolean multiply(List<Product> products, Tensor x) {
        int depth = Packer.padded(x.cols());
        if (x.cols() == 0 || x.cols() > arithmetic.mostCols()) {
            return false;
        }
        for (Product product : products) {
            if (!strips.serves(x.rows(), product.w().rows(), depth)) {
                return false;
            }
        }
        for (int begin = 0; begin < x.rows(); begin += CHUNK) {
            int end = Math.min(begin + CHUNK, x.rows());
            Activations converted = convert(x.slice(begin, end), depth);
            for (Product product : products) {
                strips.serves(x.rows(), product.w().rows(), depth); // as it was found to do
                multiply(product, converted, begin, end);
            }
        }
        return true;
    }

    private Activations convert(Tensor x, int depth) {
        int rows = x.rows();
        int spare = rows + Strips.SPARE_ROWS;
        scales = scales.length < spare ? new float[spare] : scales;
        long rowBytes = strips.rowBytes(depth);
        Activations converted = new Activations(activations.atLeast(spare * rowBytes), rowBytes, scales);
        workers.forEach(Math.ceilDiv(rows, CONVERTED), (part, _) -> {
            int begin = part * CONVERTED;
            strips.convert(x, begin, Math.min(begin + CONVERTED, rows), depth, converted);
        });
        return converted;
    }

    private void multiply(Product product, Activations converted, int begin, int end) {
        Matrix w = product.w();
        Optional<Packed> packed = kept.of(w, arithmetic);
        boolean fresh = packed.isPresent() && packed.get().fresh();
        boolean packs = packed.isEmpty() || fresh;
        multiply(new Chunk(w, packed, packs, product.bias(), product.y().slice(begin, end)), converted);
        if (fresh) {
            kept.filled(w, packed.get());
        }
    }

    /// Rows of a product that are computed together.
    ///
    /// @param packs whether `packed` is yet to be filled, or there is none
    private record Chunk(Matrix w, Optional<Packed> packed, boolean packs, float @Nullable [] bias, Tensor y) {}

    private void multiply(Chunk chunk, Activations converted) {
        int rows = chunk.y.rows();
        for (Desk desk : desks) {
            desk.weights.atLeast(chunk.packed.isEmpty() ? strips.outputs() * weightBytes(chunk.w) : 0);
        }
        int count = Math.ceilDiv(chunk.w.rows(), strips.outputs());
        int tiles = Math.max(1, rows / strips.tileRows());
        int shares = chunk.packs ? 1 : Math.clamp(tiles / SHARE_TILES, 1, workers.threads());
        int most = chunk.packs ? tiles : strips.tiles(Packer.padded(chunk.w.cols())); // of a task
        int each = Math.ceilDiv(Math.ceilDiv(tiles, shares), most); // parts of a share
        int all = shares * each;
        workers.forEach(all * count, (task, worker) -> {
            int part = task / (count * each) * each + task % each;
            Strip strip = strip(chunk, task / each % count * strips.outputs(), worker);
            int begin = tiles * part / all * strips.tileRows();
            int end = part + 1 == all ? rows : tiles * (part + 1) / all * strips.tileRows();
            strips.multiply(worker, converted, begin, end, strip, chunk.y);
        });
    }

    /// Of one output.
    private long weightBytes(Matrix w) {
        return (long) Packer.padded(w.cols()) * arithmetic.elementBytes();
    }

    /// From output `first` on, packed if it was not.
    private Strip strip(Chunk chunk, int first, int worker) {
        Desk desk = desks[worker];
        long rowBytes = weightBytes(chunk.w);
        int padded = Math.min(strips.outputs(), Packer.padded(chunk.w.rows()) - first);
        Notes notes = chunk.packed.isEmpty() ? desk.notes : chunk.packed.get().notes();
        int noteAt = chunk.packed.isEmpty() ? 0 : first;
        MemorySegment weights = chunk.packed.isEmpty()
                ? desk.weights.atLeast(0)
                : chunk.packed.get().bytes().asSlice(first * rowBytes, padded * rowBytes);
        if (chunk.packs) {
            for (int block = 0; block < padded; block += Packer.BLOCK) {
                desk.packer.pack(chunk.w, first + block, weights, block * rowBytes, notes, noteAt + block);
            }
        }
        int outs = Math.min(padded, chunk.w.rows() - first);
        if (chunk.bias == null) {
            Arrays.fill(desk.bias, 0);
        } else {
            System.arraycopy(chunk.bias, first, desk.bias, 0, outs);
        }
        return new Strip(weights, first, outs, padded, Packer.padded(chunk.w.cols()), notes, noteAt, desk.bias);
    }

    /// Bytes of packed weights that are kept.
    public long keptBytes() {
        return kept.bytes();
    }

    @Override
    public void close() {
        strips.close();
        kept.close();
        activations.close();
        for (Desk desk : desks) {
            desk.close();
        }
    }
}
