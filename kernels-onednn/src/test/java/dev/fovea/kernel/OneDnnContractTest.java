package dev.fovea.kernel;

import dev.fovea.kernel.onednn.OneDnnKernels;
import dev.fovea.kernel.onednn.OneDnnSubject;
import jdk.incubator.vector.FloatVector;

/// In binary32 oneDNN is held to what every technique promises.
class OneDnnContractTest extends KernelsContract {
    @Override
    Kernels create(Workers workers) {
        return OneDnnSubject.forAllRows(workers, Compute.F32);
    }

    @Override
    Class<? extends Kernels> expectedClass() {
        return OneDnnKernels.class;
    }

    @Override
    String expectedName() {
        return OneDnnSubject.expectedName() + " / vector-" + FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }
}
