package dev.fovea.kernel;

import dev.fovea.kernel.onednn.OneDnnKernels;
import dev.fovea.kernel.onednn.OneDnnSubject;

class OneDnnComputeTest extends ComputeContract {
    @Override
    protected Kernels forAllRows(Workers workers, Compute compute) {
        return OneDnnSubject.forAllRows(workers, compute);
    }

    @Override
    protected long keptBytes(Kernels kernels) {
        return ((OneDnnKernels) kernels).keptBytes();
    }
}
