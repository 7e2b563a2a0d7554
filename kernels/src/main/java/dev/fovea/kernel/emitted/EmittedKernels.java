package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.ForwardingKernels;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.scalar.Shapes;
import java.lang.foreign.Arena;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// Products of interleaved weights with int8 activations in machine code; everything else by another technique.
public final class EmittedKernels implements ForwardingKernels {
    private final Kernels others;
    private final BlockProducts products;

    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run machine code
    public EmittedKernels(Kernels others) {
        this(others, Arena.ofShared());
    }

    private EmittedKernels(Kernels others, Arena arena) {
        this(others, machine(arena), arena);
    }

    /// @param arena for code and scratch memory, closed with the workers
    EmittedKernels(Kernels others, Routines routines, Arena arena) {
        this.others = others;
        this.products = new BlockProducts(routines, others.workers(), arena);
        others.workers().own(arena);
    }

    /// Checked, so that a wrong number is found here and not in an answer.
    private static Routines machine(Arena arena) {
        try {
            MachineRoutines machine = new MachineRoutines(arena);
            SelfCheck.run(machine);
            return machine;
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public Kernels others() {
        return others;
    }

    @Override
    public String name() {
        return others.name() + "+vnni";
    }

    @Override
    public Compute compute() {
        return Compute.INT8;
    }

    /// Four times what vectors reach in binary32, as int8 instructions do so many operations in the same time
    /// (measured on Zen 4, `KernelSpeed`).
    @Override
    public OptionalDouble peak() {
        OptionalDouble peak = others.peak();
        return peak.isEmpty() || others.compute() == Compute.INT8 ? peak : OptionalDouble.of(4 * peak.getAsDouble());
    }

    @Override
    public Matrix interleaved(Matrix w, Arena arena) {
        boolean done = w.layout() == Matrix.Layout.INTERLEAVED;
        return done || !Interleaved.holds(w.format()) ? w : Interleaved.of(w, workers(), arena);
    }

    @Override
    public void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        if (w.layout() == Matrix.Layout.INTERLEAVED && w.bytes().isNative() && w.cols() > 0) {
            Shapes.matmul(w, x, bias, y);
            products.multiply(w, x, bias, y);
        } else {
            others.matmul(w, x, bias, y);
        }
    }
}
