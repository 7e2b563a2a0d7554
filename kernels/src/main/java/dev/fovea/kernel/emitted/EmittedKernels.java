package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.ForwardingKernels;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.packed.PackedProducts;
import dev.fovea.kernel.packed.SelfCheck;
import dev.fovea.kernel.scalar.Shapes;
import dev.fovea.kernel.vector.ManyRowAttention;
import dev.fovea.kernel.vector.OneRowAttention;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// In machine code: attention of one row; in bf16 and int8 attention of many rows, in bf16, and products with many
/// rows;
/// in int8 products of interleaved weights. Everything else by another technique.
public final class EmittedKernels implements ForwardingKernels {
    private static final System.Logger LOG = System.getLogger(Kernels.class.getName());

    /// Attention of as many rows goes row by row.
    private static final int FEW = 4;

    /// With fewer rows packing the weights costs more than the faster products save.
    private static final int FEWEST_DENSE_ROWS = 32;

    private final Kernels others;
    private final Compute compute;
    private final OneRowAttention oneRow;
    private final @Nullable ManyRowAttention manyRows; // of bf16
    private final @Nullable BlockProducts products; // of int8
    private final Family family;
    private final @Nullable PackedProducts dense; // of bf16 or int8
    private final int fewestDenseRows;

    /// @param wanted the arithmetic of products
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run machine code
    public EmittedKernels(Kernels others, Compute wanted) {
        this(others, wanted, Code.best(Processor.here(), wanted));
    }

    /// With the machine code of one kind of processor, however fast another is.
    ///
    /// @param family `vnni`, `avxvnni` or `avx2`
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run it
    public EmittedKernels(Kernels others, Compute wanted, String family) {
        this(others, wanted, Code.checked(Family.named(family), wanted));
    }

    private EmittedKernels(Kernels others, Compute wanted, Code code) {
        this(others, wanted, code, dense(others, wanted, code.family), FEWEST_DENSE_ROWS);
    }

    /// As the constructor, and products of any number of rows are machine code.
    static EmittedKernels forAllRows(Kernels others, Compute wanted) {
        Code code = Code.checked(Family.AVX512_VNNI, wanted);
        return new EmittedKernels(others, wanted, code, dense(others, wanted, code.family), 1);
    }

    /// Closes code and products with the workers.
    ///
    /// @param fewestRows products of `dense` have
    EmittedKernels(Kernels others, Compute wanted, Code code, @Nullable PackedProducts dense, int fewestRows) {
        Workers workers = others.workers();
        this.others = others;
        this.family = code.family;
        this.dense = dense;
        this.fewestDenseRows = fewestRows;
        this.compute = code.products != null || dense != null ? wanted : others.compute();
        this.oneRow = new OneRowAttention(new MachineCachedRows(code.cache), workers);
        this.manyRows = code.bf16 == null ? null : new ManyRowAttention(new Bf16PanelProducts(code.bf16), workers);
        this.products = code.products == null ? null : new BlockProducts(code.products, workers, code.arena);
        workers.own(code.arena);
        if (dense != null) {
            workers.own(dense);
        }
    }

    /// None in binary32, nor for AVX2, nor where `others` compute so with tiles of matrices, which are several times as
    /// fast.
    private static @Nullable PackedProducts dense(Kernels others, Compute compute, Family family) {
        if (compute == Compute.F32 || family != Family.AVX512_VNNI) {
            return null;
        }
        PackedProducts products = null;
        try {
            if (others.compute() == compute && Processor.here().hasMatrixTiles()) {
                return null;
            }
            DenseStrips strips = DenseStrips.create(compute, others.workers());
            products = new PackedProducts(others, strips, PackedProducts.KEPT_BYTES);
            SelfCheck.run(products, "machine code");
            return products;
        } catch (UnsupportedOperationException e) {
            if (products != null) {
                products.close();
            }
            LOG.log(Level.INFO, "kernels: products in {0} not by machine code, because {1}", compute, e.getMessage());
            return null;
        }
    }

    /// @param bf16     of bf16 and int8, where the processor has it
    /// @param products of int8
    /// @param arena    of code and scratch memory
    record Code(
            Family family,
            CacheRoutines cache,
            @Nullable Bf16Routines bf16,
            @Nullable Routines products,
            Arena arena) {
        /// Of the first family that `processor` runs.
        static Code best(Processor processor, Compute compute) {
            UnsupportedOperationException why = new UnsupportedOperationException("there is no machine code");
            for (Family family : Family.values()) {
                try {
                    family.require(processor);
                } catch (UnsupportedOperationException e) {
                    why = e;
                    continue;
                }
                try {
                    return checked(family, compute);
                } catch (UnsupportedOperationException e) {
                    LOG.log(Level.WARNING, "kernels: not {0}, because {1}", family.suffix(true), e.getMessage());
                    why = e;
                }
            }
            throw why;
        }

        /// Machine code, checked so that a wrong number is found here and not in an answer.
        static Code checked(Family family, Compute compute) {
            family.require(Processor.here());
            Arena arena = Arena.ofShared();
            try {
                CacheRoutines cache = new MachineCacheRoutines(family.code(), arena);
                RoutineCheck.run(cache);
                Routines products = null;
                if (compute == Compute.INT8) {
                    products = new MachineRoutines(family.code(), arena);
                    RoutineCheck.run(products);
                }
                boolean halves = compute != Compute.F32 && family == Family.AVX512_VNNI;
                return new Code(family, cache, halves ? bf16(arena) : null, products, arena);
            } catch (RuntimeException | Error e) {
                arena.close();
                throw e;
            }
        }

        /// None where vectors have another width than its panels.
        private static @Nullable Bf16Routines bf16(Arena arena) {
            if (ManyRowAttention.preferredWidth() != Bf16Routines.WIDTH) {
                return null;
            }
            try {
                Bf16Routines routines = new Bf16Routines(arena);
                RoutineCheck.run(routines);
                return routines;
            } catch (UnsupportedOperationException e) {
                LOG.log(Level.INFO, "kernels: attention of many rows in f32, because {0}", e.getMessage());
                return null;
            }
        }
    }

    @Override
    public Kernels others() {
        return others;
    }

    @Override
    public String name() {
        boolean bf16 = products == null && dense != null;
        return others.name() + "+" + (bf16 ? "bf16" : family.suffix(products != null));
    }

    @Override
    public Compute compute() {
        return compute;
    }

    /// What vectors reach in binary32, twice that in bf16 and four times in int8, as those instructions do so many
    /// operations in the same time (measured on Zen 4, `KernelSpeed`).
    @Override
    public OptionalDouble peak() {
        OptionalDouble peak = others.peak();
        int times = compute == others.compute() ? 1 : compute == Compute.INT8 ? 4 : 2;
        return peak.isEmpty() ? peak : OptionalDouble.of(times * peak.getAsDouble());
    }

    /// Bytes of packed weights that are kept for the next product.
    public long keptBytes() {
        return dense == null ? 0 : dense.keptBytes();
    }

    @Override
    public Matrix interleaved(Matrix w, Arena arena) {
        boolean done = w.layout() == Matrix.Layout.INTERLEAVED;
        if (done || products == null || !Interleaved.holds(w.format())) {
            return w;
        }
        return Interleaved.of(w, workers(), (bytes, _) -> Pages.large(bytes, arena));
    }

    @Override
    public void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        if (!multiplied(List.of(new Product(w, bias, y)), x)) {
            others.matmul(w, x, bias, y);
        }
    }

    @Override
    public void matmul(List<Product> all, Tensor x) {
        if (!multiplied(all, x)) {
            ForwardingKernels.super.matmul(all, x); // some of them may be
        }
    }

    /// False, with nothing written, where these are not all products of machine code.
    private boolean multiplied(List<Product> all, Tensor x) {
        if (products != null && areInterleaved(all)) {
            requireShapes(all, x);
            products.multiply(all, x);
            return true;
        }
        if (dense != null && x.rows() >= fewestDenseRows && areRows(all)) {
            requireShapes(all, x);
            return dense.multiply(all, x);
        }
        return false;
    }

    private static void requireShapes(List<Product> all, Tensor x) {
        for (Product product : all) {
            Shapes.matmul(product.w(), x, product.bias(), product.y());
        }
    }

    private static boolean areInterleaved(List<Product> all) {
        for (Product product : all) {
            if (!isInterleaved(product.w())) {
                return false;
            }
        }
        return true;
    }

    private static boolean areRows(List<Product> all) {
        for (Product product : all) {
            if (product.w().layout() != Matrix.Layout.ROWS) {
                return false;
            }
        }
        return true;
    }

    private static boolean isInterleaved(Matrix w) {
        return w.layout() == Matrix.Layout.INTERLEAVED && w.bytes().isNative() && w.cols() > 0;
    }

    @Override
    public void attention(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        if (q.rows() == 1 && kv.rows() > 0 && MachineCachedRows.serves(kv)) {
            Shapes.attention(q, kv, y);
            oneRow.attend(q, kv.slice(0, visible.keys(0, kv.rows())), null, y);
        } else if (manyRows != null && q.rows() > FEW && kv.rows() > 0 && Bf16PanelProducts.serves(kv)) {
            Shapes.attention(q, kv, y);
            int beyond = q.rows() % Bf16Routines.WIDTH;
            int rows = beyond > FEW || !MachineCachedRows.serves(kv) ? q.rows() : q.rows() - beyond;
            manyRows.attend(q.slice(0, rows), kv, visible, y.slice(0, rows));
            for (int row = rows; row < q.rows(); row++) { // few rows more would take a panel
                KeyValues seen = kv.slice(0, visible.keys(row, kv.rows()));
                oneRow.attend(q.slice(row, row + 1), seen, null, y.slice(row, row + 1));
            }
        } else {
            others.attention(q, kv, visible, y);
        }
    }

    @Override
    public void attentionJoint(Tensor q, KeyValues kv, KeyValues extra, Tensor y) {
        if (MachineCachedRows.serves(kv)) {
            Shapes.attentionJoint(q, kv, extra, y);
            oneRow.attend(q, kv, extra, y);
        } else {
            others.attentionJoint(q, kv, extra, y);
        }
    }

    @Override
    public void attentionWeights(Tensor q, KeyValues kv, Tensor weights) {
        if (MachineCachedRows.serves(kv)) {
            Shapes.attentionWeights(q, kv, weights);
            oneRow.weights(q, kv, weights);
        } else {
            others.attentionWeights(q, kv, weights);
        }
    }
}
