package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.ComputeContract;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.vector.VectorKernels;
import org.junit.jupiter.api.Assumptions;

/// Skipped where the processor lacks AVX-512 with VNNI and BF16, or the system refuses executable memory.
class DenseProductsTest extends ComputeContract {
    @Override
    protected Kernels forAllRows(Workers workers, Compute compute) {
        try {
            EmittedKernels kernels = EmittedKernels.forAllRows(new VectorKernels(workers), compute);
            if (kernels.compute() == compute) {
                return kernels;
            }
        } catch (UnsupportedOperationException e) {
            workers.close();
            return Assumptions.abort(String.valueOf(e.getMessage()));
        }
        workers.close();
        return Assumptions.abort("no machine code in " + compute);
    }

    @Override
    protected boolean packs(Compute compute) {
        return compute != Compute.F32;
    }

    @Override
    protected long keptBytes(Kernels kernels) {
        return ((EmittedKernels) kernels).keptBytes();
    }
}
