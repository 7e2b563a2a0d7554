package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.kernel.emitted.EmittedKernels;
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
    void theBestOfThisMachineIsVectorWithMachineCodeWhereItRuns() {
        try (Workers workers = new Workers(1)) {
            Kernels vector = Kernels.named("vector", workers);
            Kernels best = Kernels.best(workers);
            assertThat(best.name()).isIn(vector.name(), vector.name() + "+vnni");
            if (!best.name().equals(vector.name())) {
                assertThat(best).isExactlyInstanceOf(EmittedKernels.class);
                assertThat(Kernels.named("vnni", workers)).isExactlyInstanceOf(EmittedKernels.class);
            }
        }
    }

    @Test
    void anUnknownNameIsAnError() {
        try (Workers workers = new Workers(1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Kernels.named("cuda", workers))
                    .withMessageContaining("scalar, vector or vnni")
                    .withMessageContaining("cuda");
        }
    }
}
