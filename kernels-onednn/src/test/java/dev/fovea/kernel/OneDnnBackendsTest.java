package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.kernel.onednn.OneDnnKernels;
import dev.fovea.kernel.onednn.OneDnnSubject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OneDnnBackendsTest {
    @ParameterizedTest
    @EnumSource(Compute.class)
    void itIsFoundByNameAndAsTheBest(Compute compute) {
        OneDnnSubject.require(compute);
        try (Workers workers = new Workers(1)) {
            Kernels named = Kernels.named("onednn", workers, compute);
            assertThat(named).isExactlyInstanceOf(OneDnnKernels.class);
            assertThat(named.compute()).isEqualTo(compute);
            assertThat(named.workers()).isSameAs(workers);
            Kernels best = Kernels.best(workers, compute);
            assertThat(best.name()).startsWith(named.name()); // machine code goes before it, where it runs
            assertThat(best.compute()).isEqualTo(compute);
        }
    }

    @Test
    void unknownNamesAreToldWhatThereIs() {
        try (Workers workers = new Workers(1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Kernels.named("cuda", workers))
                    .withMessageContaining("onednn, scalar, vector, vnni");
        }
    }

    /// A few rows are bound by reading the weights, which vectors do as they lie.
    @ParameterizedTest
    @EnumSource(Compute.class)
    void fewRowsAreLeftToVectors(Compute compute) {
        OneDnnSubject.require(compute);
        try (Workers workers = new Workers(1)) {
            Matrix w = new Samples(1).heapMatrix(Format.F16, 50, 64);
            Tensor x = new Samples(2).tensor(7, 64);
            Tensor expected = Tensor.zeros(7, 50);
            Kernels.named("vector", workers).matmul(w, x, null, expected);
            Tensor y = Tensor.zeros(7, 50);
            Kernels.named("onednn", workers, compute).matmul(w, x, null, y);
            assertThat(y.data()).isEqualTo(expected.data());
        }
    }
}
