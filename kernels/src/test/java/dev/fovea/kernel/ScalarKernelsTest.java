package dev.fovea.kernel;

import dev.fovea.kernel.scalar.ScalarKernels;

class ScalarKernelsTest extends KernelsContract {
    @Override
    Kernels create(Workers workers) {
        return new ScalarKernels(workers);
    }

    @Override
    Class<? extends Kernels> expectedClass() {
        return ScalarKernels.class;
    }

    @Override
    String expectedName() {
        return "scalar";
    }
}
