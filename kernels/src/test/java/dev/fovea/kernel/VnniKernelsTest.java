package dev.fovea.kernel;

import static dev.fovea.kernel.Oracle.C;
import static dev.fovea.kernel.Oracle.EPS;
import static dev.fovea.kernel.Samples.assertGuarded;
import static dev.fovea.kernel.Samples.assertWithin;
import static dev.fovea.kernel.Samples.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.kernel.emitted.EmittedKernels;
import dev.fovea.kernel.emitted.EmittedSubject;
import dev.fovea.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Machine code but for products of packed weights, which [ComputeContract] tests.
///
/// Skipped where the processor lacks AVX-512 VNNI, or the system refuses executable memory.
class VnniKernelsTest extends KernelsContract {
    /// Inputs that share a scale of the activations.
    private static final int SCALE_INPUTS = 128;

    String family() {
        return "vnni";
    }

    /// Of the same machine code without products.
    String familyOfAttention() {
        return "avx512";
    }

    @Override
    Kernels create(Workers workers) {
        try {
            return EmittedSubject.withoutPackedProducts(new VectorKernels(workers), family());
        } catch (UnsupportedOperationException e) {
            workers.close();
            return Assumptions.abort(String.valueOf(e.getMessage()));
        }
    }

    @Override
    Class<? extends Kernels> expectedClass() {
        return EmittedKernels.class;
    }

    @Override
    String expectedName() {
        return "vector-" + FloatVector.SPECIES_PREFERRED.vectorBitSize() + "+" + family();
    }

    /// Attention of many rows rounds what it multiplies to bf16, of 8 significant bits.
    @Override
    double attentionRounding() {
        return 0x1p-8;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 32, 1",
        "1, 64, 130",
        "1, 1056, 37",
        "2, 160, 9",
        "4, 96, 130",
        "5, 128, 16",
        "6, 512, 17",
        "7, 544, 33",
        "70, 640, 63",
        "775, 32, 40"
    })
    void interleavedProductsErrByTheRoundingOfActivations(int rows, int in, int out) {
        try (Workers workers = new Workers(3);
                Arena arena = Arena.ofShared()) {
            Kernels kernels = create(workers);
            for (Format format : new Format[] {Format.Q8_0, Format.Q4_0}) {
                Samples samples = new Samples(rows * 31L + in * 7L + out);
                Matrix w = samples.matrix(format, out, in, arena);
                Matrix interleaved = kernels.interleaved(w, arena);
                assertThat(interleaved.layout()).isEqualTo(Matrix.Layout.INTERLEAVED);
                Tensor x = samples.tensor(rows, in);
                float[] bias = samples.array(out);
                Tensor y = output(rows, out);
                kernels.matmul(interleaved, x, bias, y);
                Oracle.Answer expected = Oracle.matmul(w, x, bias);
                allowRoundedActivations(w, x, expected);
                assertWithin(format + " with bias", y, expected);
                assertGuarded(y);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "3", "5", "770"})
    void severalInterleavedProductsAreThoseOfEach(int rows) {
        try (Workers workers = new Workers(3);
                Arena arena = Arena.ofShared()) {
            Kernels kernels = create(workers);
            Samples samples = new Samples(50 + rows);
            Tensor x = samples.tensor(rows, 160);
            Matrix first = kernels.interleaved(samples.matrix(Format.Q8_0, 130, 160, arena), arena);
            Matrix second = kernels.interleaved(samples.matrix(Format.Q4_0, 33, 160, arena), arena);
            Matrix third = kernels.interleaved(samples.matrix(Format.Q8_0, 1, 160, arena), arena);
            Samples.assertSeveralAreThoseOfEach(kernels, x, first, second, third);
            Samples.assertSeveralAreThoseOfEach(kernels, x, first, samples.matrix(Format.BF16, 65, 160, arena), second);
        }
    }

    /// Adds half a step of each activation times the weight, and the rounding of sums of so much larger numbers.
    private static void allowRoundedActivations(Matrix w, Tensor x, Oracle.Answer expected) {
        float[] weights = new float[w.cols()];
        for (int o = 0; o < w.rows(); o++) {
            w.unpackRow(o, weights, 0);
            for (int r = 0; r < x.rows(); r++) {
                double off = 0;
                for (int first = 0; first < w.cols(); first += SCALE_INPUTS) {
                    int end = Math.min(first + SCALE_INPUTS, w.cols());
                    double largest = 0;
                    double magnitude = 0;
                    for (int i = first; i < end; i++) {
                        largest = Math.max(largest, Math.abs(x.get(r, i)));
                        magnitude += Math.abs(weights[i]);
                    }
                    off += magnitude * largest / 127 / 2;
                }
                expected.bounds()[r][o] += off * (1 + C * (w.cols() + 1) * EPS);
            }
        }
    }

    @Test
    void weightsThatAreNotInterleavedAreMultipliedExactlyAsWithout() {
        try (Workers workers = new Workers(2)) {
            Samples samples = new Samples(5);
            Matrix w = samples.heapMatrix(Format.Q8_0, 40, 96);
            Tensor x = samples.tensor(9, 96);
            Tensor y = Tensor.zeros(9, 40);
            Tensor expected = Tensor.zeros(9, 40);
            create(workers).matmul(w, x, null, y);
            new VectorKernels(workers).matmul(w, x, null, expected);
            assertThat(y.data()).isEqualTo(expected.data());
        }
    }

    @Test
    void withoutInt8OnlyAttentionIsMachineCode() {
        try (Workers workers = new Workers(2);
                Arena arena = Arena.ofShared()) {
            create(new Workers(1)).workers().close(); // skips where there is no machine code
            Kernels kernels = new EmittedKernels(new VectorKernels(workers), Compute.F32, family());
            Matrix w = new Samples(6).matrix(Format.Q8_0, 40, 96, arena);
            assertThat(kernels.interleaved(w, arena)).isSameAs(w);
            assertThat(kernels.compute()).isEqualTo(Compute.F32);
            assertThat(kernels.name()).endsWith("+" + familyOfAttention());
        }
    }
}
