package dev.fovea.kernel;

import dev.fovea.kernel.vector.VectorKernels;
import jdk.incubator.vector.FloatVector;

class Vector128KernelsTest extends KernelsContract {
    @Override
    Kernels create(Workers workers) {
        return new VectorKernels(FloatVector.SPECIES_128, workers);
    }

    @Override
    Class<? extends Kernels> expectedClass() {
        return VectorKernels.class;
    }

    @Override
    String expectedName() {
        return "vector-128";
    }
}
