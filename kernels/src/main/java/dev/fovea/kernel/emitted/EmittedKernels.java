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
import dev.fovea.kernel.scalar.Shapes;
import dev.fovea.kernel.vector.ManyRowAttention;
import dev.fovea.kernel.vector.OneRowAttention;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// Attention of one row, in bf16 and int8 that of many rows in bf16, and in int8 products of interleaved weights, all
/// in machine code; everything else by another technique.
public final class EmittedKernels implements ForwardingKernels {
    private static final System.Logger LOG = System.getLogger(Kernels.class.getName());

    /// Attention of as many rows goes row by row.
    private static final int FEW = 4;

    private final Kernels others;
    private final OneRowAttention oneRow;
    private final @Nullable ManyRowAttention manyRows; // of bf16
    private final @Nullable BlockProducts products; // of int8
    private final Family family;

    /// @param wanted the arithmetic of products; bf16 is what `others` have
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run machine code
    public EmittedKernels(Kernels others, Compute wanted) {
        this(others, Code.best(Processor.here(), wanted == Compute.INT8 ? wanted : others.compute()));
    }

    /// With the machine code of one kind of processor, however fast another is.
    ///
    /// @param family `vnni`, `avxvnni` or `avx2`
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run it
    public EmittedKernels(Kernels others, Compute wanted, String family) {
        this(others, Code.checked(Family.named(family), wanted == Compute.INT8 ? wanted : others.compute()));
    }

    /// Closes the code with the workers.
    EmittedKernels(Kernels others, Code code) {
        Workers workers = others.workers();
        this.others = others;
        this.family = code.family;
        this.oneRow = new OneRowAttention(new MachineCachedRows(code.cache), workers);
        this.manyRows = code.bf16 == null ? null : new ManyRowAttention(new Bf16PanelProducts(code.bf16), workers);
        this.products = code.products == null ? null : new BlockProducts(code.products, workers, code.arena);
        workers.own(code.arena);
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
                SelfCheck.run(cache);
                Routines products = null;
                if (compute == Compute.INT8) {
                    products = new MachineRoutines(family.code(), arena);
                    SelfCheck.run(products);
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
                SelfCheck.run(routines);
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
        return others.name() + "+" + family.suffix(products != null);
    }

    @Override
    public Compute compute() {
        return products == null ? others.compute() : Compute.INT8;
    }

    /// Four times what vectors reach in binary32, as instructions for bytes do so many operations in the same time
    /// (measured on Zen 4, `KernelSpeed`).
    @Override
    public OptionalDouble peak() {
        OptionalDouble peak = others.peak();
        return peak.isEmpty() || others.compute() == compute() ? peak : OptionalDouble.of(4 * peak.getAsDouble());
    }

    @Override
    public Matrix interleaved(Matrix w, Arena arena) {
        boolean done = w.layout() == Matrix.Layout.INTERLEAVED;
        return done || products == null || !Interleaved.holds(w.format()) ? w : Interleaved.of(w, workers(), arena);
    }

    @Override
    public void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        if (products != null
                && w.layout() == Matrix.Layout.INTERLEAVED
                && w.bytes().isNative()
                && w.cols() > 0) {
            Shapes.matmul(w, x, bias, y);
            products.multiply(w, x, bias, y);
        } else {
            others.matmul(w, x, bias, y);
        }
    }

    @Override
    public void attention(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        if (q.rows() == 1 && kv.rows() > 0 && MachineCachedRows.serves(kv)) {
            Shapes.attention(q, kv, y);
            oneRow.attend(q, kv.slice(0, visible.keys(0, kv.rows())), null, y);
        } else if (manyRows != null && q.rows() > FEW && kv.rows() > 0 && Bf16PanelProducts.serves(kv)) {
            Shapes.attention(q, kv, y);
            manyRows.attend(q, kv, visible, y);
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
