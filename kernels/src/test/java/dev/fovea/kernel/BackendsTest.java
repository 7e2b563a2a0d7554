package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.kernel.scalar.ScalarKernels;
import dev.fovea.kernel.vector.VectorKernels;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class BackendsTest {
    @Test
    void eachNameGivesItsTechniqueOnTheGivenThreads() {
        try (Workers workers = new Workers(1)) {
            Kernels scalar = Kernels.named("scalar", workers);
            assertThat(scalar).isExactlyInstanceOf(ScalarKernels.class);
            assertThat(scalar.workers()).isSameAs(workers);
            Kernels vector = Kernels.named("vector", workers);
            assertThat(vector).isExactlyInstanceOf(VectorKernels.class);
            assertThat(vector.name()).isEqualTo("vector-" + FloatVector.SPECIES_PREFERRED.vectorBitSize());
        }
    }

    @Test
    void theBestOfThisMachineIsVector() {
        try (Workers workers = new Workers(1)) {
            assertThat(Kernels.best(workers)).isExactlyInstanceOf(VectorKernels.class);
        }
    }

    @Test
    void anUnknownNameIsAnError() {
        try (Workers workers = new Workers(1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Kernels.named("cuda", workers))
                    .withMessageContaining("onednn, scalar, vector")
                    .withMessageContaining("cuda");
        }
    }

    @Test
    void withoutItsJarOneDnnSaysWhatIsMissing() {
        try (Workers workers = new Workers(1)) {
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> Kernels.named("onednn", workers, Compute.BF16))
                    .withMessageContaining("fovea-kernels-onednn")
                    .withMessageContaining("org.bytedeco:dnnl");
        }
    }

    @Test
    void anArithmeticIsRefusedByNameAndDoneWithoutByTheBest() {
        try (Workers workers = new Workers(1)) {
            for (String name : new String[] {"vector", "scalar"}) {
                assertThatExceptionOfType(UnsupportedOperationException.class)
                        .isThrownBy(() -> Kernels.named(name, workers, Compute.INT8))
                        .withMessageContaining("f32, not in int8");
            }
            Kernels best = Kernels.best(workers, Compute.INT8);
            assertThat(best).isExactlyInstanceOf(VectorKernels.class);
            assertThat(best.compute()).isEqualTo(Compute.F32);
        }
    }
}
