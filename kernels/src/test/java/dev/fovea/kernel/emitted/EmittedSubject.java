package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Kernels;

/// The technique as tests want it.
public final class EmittedSubject {
    private EmittedSubject() {}

    /// Int8 for interleaved weights only: with all others it is as exact as `others`.
    ///
    /// @throws UnsupportedOperationException where processor or system cannot run machine code
    public static Kernels withoutPackedProducts(Kernels others) {
        return new EmittedKernels(others, Compute.INT8, EmittedKernels.Code.checked(Compute.INT8), null, 1);
    }
}
