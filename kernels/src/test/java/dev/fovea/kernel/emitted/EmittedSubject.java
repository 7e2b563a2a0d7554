package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Kernels;

/// The technique as tests want it.
public final class EmittedSubject {
    private EmittedSubject() {}

    /// Int8 for interleaved weights only: with all others it is as exact as `others`.
    ///
    /// @throws UnsupportedOperationException where processor or system cannot run machine code
    public static Kernels withoutPackedProducts(Kernels others, String family) {
        EmittedKernels.Code code = EmittedKernels.Code.checked(Family.named(family), Compute.INT8);
        return new EmittedKernels(others, Compute.INT8, code, null, 1);
    }
}
