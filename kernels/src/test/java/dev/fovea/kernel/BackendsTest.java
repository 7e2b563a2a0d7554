package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
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
    void theBestOfThisMachineInF32IsVectorWithMachineCodeWhereItRuns() {
        try (Workers workers = new Workers(1)) {
            String vector = Kernels.named("vector", workers).name();
            Kernels best = Kernels.best(workers);
            assertThat(best.name()).isIn(vector, vector + "+avx512", vector + "+avx2");
            assertThat(best.compute()).isEqualTo(Compute.F32);
        }
    }

    @Test
    void theBestInInt8HasMachineCodeWhereItRuns() {
        try (Workers workers = new Workers(1)) {
            Kernels vector = Kernels.named("vector", workers);
            Kernels best = Kernels.best(workers, Compute.INT8);
            if (best.name().equals(vector.name())) {
                assertThat(best).isExactlyInstanceOf(VectorKernels.class);
                assertThat(best.compute()).isEqualTo(Compute.F32);
            } else {
                assertThat(best).isExactlyInstanceOf(EmittedKernels.class);
                assertThat(best.compute()).isEqualTo(Compute.INT8);
                String family = best.name().substring(vector.name().length() + 1);
                assertThat(family).isIn("vnni", "avxvnni", "avx2");
                assertThat(Kernels.named(family, workers, Compute.INT8).name()).isEqualTo(best.name());
            }
            for (String family : new String[] {"vnni", "avxvnni", "avx2"}) {
                assertThatExceptionOfType(UnsupportedOperationException.class)
                        .isThrownBy(() -> Kernels.named(family, workers))
                        .withMessageContaining("\"" + family + "\" compute in int8")
                        .withMessageContaining("not in f32");
            }
        }
    }

    @Test
    void anUnknownNameIsAnError() {
        try (Workers workers = new Workers(1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Kernels.named("cuda", workers))
                    .withMessageContaining("avx2, avxvnni, onednn, scalar, vector, vnni")
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
            Kernels best = Kernels.best(workers, Compute.BF16);
            assertThat(best.name()).startsWith("vector-");
            assertThat(best.compute()).isEqualTo(best.name().endsWith("+bf16") ? Compute.BF16 : Compute.F32);
        }
    }
}
