package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.ForwardingKernels;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.scalar.Shapes;
import dev.fovea.kernel.vector.OneRowAttention;
import java.lang.foreign.Arena;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// Attention of one row and, in int8, products of interleaved weights in machine code; everything else by another
/// technique.
public final class EmittedKernels implements ForwardingKernels {
    private final Kernels others;
    private final OneRowAttention oneRow;
    private final @Nullable BlockProducts products; // of int8

    /// @param int8 whether products are wanted in int8, or as `others` compute them
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run machine code
    public EmittedKernels(Kernels others, Boolean int8) {
        this(others, Code.checked(int8));
    }

    private EmittedKernels(Kernels others, Code code) {
        this(others, code.cache, code.products, code.arena);
    }

    /// @param arena for code and scratch memory, closed with the workers
    EmittedKernels(Kernels others, CacheRoutines cache, @Nullable Routines routines, Arena arena) {
        this.others = others;
        this.oneRow = new OneRowAttention(new MachineCachedRows(cache), others.workers());
        this.products = routines == null ? null : new BlockProducts(routines, others.workers(), arena);
        others.workers().own(arena);
    }

    /// Machine code, checked so that a wrong number is found here and not in an answer.
    private record Code(CacheRoutines cache, @Nullable Routines products, Arena arena) {
        static Code checked(boolean int8) {
            Arena arena = Arena.ofShared();
            try {
                CacheRoutines cache = new MachineCacheRoutines(arena);
                SelfCheck.run(cache);
                Routines products = null;
                if (int8) {
                    products = new MachineRoutines(arena);
                    SelfCheck.run(products);
                }
                return new Code(cache, products, arena);
            } catch (RuntimeException | Error e) {
                arena.close();
                throw e;
            }
        }
    }

    @Override
    public Kernels others() {
        return others;
    }

    @Override
    public String name() {
        return others.name() + (products == null ? "+avx512" : "+vnni");
    }

    @Override
    public Compute compute() {
        return products == null ? others.compute() : Compute.INT8;
    }

    /// Four times what vectors reach in binary32, as int8 instructions do so many operations in the same time
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
