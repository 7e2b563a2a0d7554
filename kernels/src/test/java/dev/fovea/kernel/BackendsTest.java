package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
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
                    .withMessageContaining("scalar or vector")
                    .withMessageContaining("cuda");
        }
    }
}
