package dev.fovea.kernel;

import static dev.fovea.kernel.Samples.assertGuarded;
import static dev.fovea.kernel.Samples.assertWithin;
import static dev.fovea.kernel.Samples.output;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every technique with products in bf16 and int8 promises: they are less exact than the contract of all
/// techniques asks for, by how much is computed.
public abstract class ComputeContract {
    /// The technique, for products of any number of rows; skips the test where the processor cannot.
    protected abstract Kernels forAllRows(Workers workers, Compute compute);

    /// Whether it packs weights in that arithmetic.
    protected boolean packs(Compute compute) {
        return true;
    }

    /// Bytes of packed weights that `kernels` keep.
    protected abstract long keptBytes(Kernels kernels);

    private static final String SHAPES = """
            1, 1, 1
            2, 63, 64
            5, 100, 65
            15, 64, 3
            16, 129, 128
            17, 588, 200
            64, 640, 129
            255, 40, 70
            256, 33, 64
            257, 32, 130
            577, 70, 193
            600, 20, 7
            97, 4500, 67
            """;

    @ParameterizedTest
    @CsvSource({"BF16, 1", "BF16, 40", "BF16, 4100", "INT8, 1", "INT8, 40", "INT8, 4100"})
    void severalProductsAreThoseOfEach(Compute compute, int rows) {
        try (Workers workers = new Workers(2);
                Arena arena = Arena.ofShared()) {
            Samples samples = new Samples(60 + rows);
            Samples.assertSeveralAreThoseOfEach(
                    forAllRows(workers, compute),
                    samples.tensor(rows, 70),
                    samples.matrix(Format.BF16, 130, 70, arena),
                    samples.heapMatrix(Format.F32, 9, 70),
                    samples.matrix(Format.F16, 64, 70, arena));
        }
    }

    /// Half the distance of two neighbouring bfloat16 numbers, relative to the smaller.
    private static final double BF16_EPS = 0x1p-8;

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void bf16IsWithinTheRoundingOfItsFactors(int rows, int in, int out) {
        try (Workers workers = new Workers(2);
                Arena arena = Arena.ofShared()) {
            Kernels kernels = forAllRows(workers, Compute.BF16);
            Samples samples = new Samples(rows + in * 3L + out);
            Tensor x = samples.tensor(rows, in);
            float[] bias = samples.array(out);
            for (Format format : new Format[] {Format.F32, Format.F16, Format.BF16}) {
                Matrix w = samples.matrix(format, out, in, arena);
                Tensor y = output(rows, out);
                kernels.matmul(w, x, bias, y);
                assertWithin(format.name(), y, rounded(w, x, bias));
                assertGuarded(y);
            }
        }
    }

    /// `|(1 + a)(1 + b) − 1| ≤ 2 eps + eps²` for each product, beside what binary32 sums lose.
    private static Oracle.Answer rounded(Matrix w, Tensor x, float[] bias) {
        Oracle.Answer answer = Oracle.matmul(w, x, bias);
        for (int r = 0; r < x.rows(); r++) {
            for (int o = 0; o < w.rows(); o++) {
                double magnitude = 0;
                for (int i = 0; i < w.cols(); i++) {
                    magnitude += Math.abs(Oracle.read(w.bytes(), w.format(), (long) o * w.cols() + i) * x.get(r, i));
                }
                answer.bounds()[r][o] += (2 * BF16_EPS + BF16_EPS * BF16_EPS) * magnitude;
            }
        }
        return answer;
    }

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void int8EqualsItsDefinitionBitForBit(int rows, int in, int out) {
        try (Workers workers = new Workers(2);
                Arena arena = Arena.ofShared()) {
            Kernels kernels = forAllRows(workers, Compute.INT8);
            Samples samples = new Samples(rows + in * 5L + out);
            Tensor x = samples.tensor(rows, in);
            float[] bias = samples.array(out);
            for (Format format : new Format[] {Format.F32, Format.F16, Format.BF16}) {
                Matrix w = samples.matrix(format, out, in, arena);
                Tensor y = output(rows, out);
                kernels.matmul(w, x, bias, y);
                assertThat(y.toArray())
                        .as(format.name())
                        .isEqualTo(quantised(w, x, bias).toArray());
                assertGuarded(y);
                assertWithin(format.name(), y, quantisationError(w, x, bias));
            }
        }
    }

    /// Each factor is off by up to half a step of its row.
    private static Oracle.Answer quantisationError(Matrix w, Tensor x, float[] bias) {
        Oracle.Answer answer = Oracle.matmul(w, x, bias);
        for (int r = 0; r < x.rows(); r++) {
            double xStep = largest(Arrays.copyOfRange(x.data(), x.at(r), x.at(r) + x.cols())) / 127.0;
            for (int o = 0; o < w.rows(); o++) {
                float[] row = row(w, o);
                double wStep = largest(row) / 127.0;
                for (int i = 0; i < w.cols(); i++) {
                    double off = Math.abs(row[i]) * xStep / 2 + Math.abs(x.get(r, i)) * wStep / 2 + xStep * wStep / 4;
                    answer.bounds()[r][o] += off * (1 + 0x1p-20); // the quotient that is rounded is itself rounded
                }
            }
        }
        return answer;
    }

    /// The definition, one number after another.
    private static Tensor quantised(Matrix w, Tensor x, float[] bias) {
        Tensor y = Tensor.zeros(x.rows(), w.rows());
        for (int o = 0; o < w.rows(); o++) {
            float[] weights = row(w, o);
            int[] qw = steps(weights);
            for (int r = 0; r < x.rows(); r++) {
                float[] activations = Arrays.copyOfRange(x.data(), x.at(r), x.at(r) + x.cols());
                int[] qx = steps(activations);
                int sum = 0;
                for (int i = 0; i < qw.length; i++) {
                    sum += qw[i] * qx[i];
                }
                y.data()[y.at(r) + o] = sum * (largest(weights) / 127 * (largest(activations) / 127)) + bias[o];
            }
        }
        return y;
    }

    private static float[] row(Matrix w, int out) {
        float[] row = new float[w.cols()];
        w.format().unpack(w.bytes(), (long) out * w.cols(), w.cols(), row, 0);
        return row;
    }

    private static int[] steps(float[] x) {
        float inverse = 127 / largest(x);
        int[] steps = new int[x.length];
        for (int i = 0; i < x.length; i++) {
            steps[i] = (int) Math.rint(x[i] * inverse);
        }
        return steps;
    }

    private static float largest(float[] x) {
        float largest = 0;
        for (float value : x) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 1e-35f, Float.MIN_VALUE})
    void rowsOfNearlyNothingGiveTheBias(float value) {
        try (Workers workers = new Workers(1)) {
            Kernels kernels = forAllRows(workers, Compute.INT8);
            float[] data = new float[40 * 64];
            Arrays.fill(data, value);
            Tensor x = Tensor.of(data, 40, 64);
            float[] bias = new Samples(1).array(9);
            Tensor y = Tensor.zeros(40, 9);
            kernels.matmul(new Samples(2).heapMatrix(Format.F32, 9, 64), x, bias, y);
            for (int r = 0; r < 40; r++) {
                assertThat(Arrays.copyOfRange(y.data(), r * 9, r * 9 + 9)).isEqualTo(bias);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Compute.class)
    void notANumberStaysInItsRow(Compute compute) {
        try (Workers workers = new Workers(1)) {
            Kernels kernels = forAllRows(workers, compute);
            Tensor x = new Samples(3).tensor(20, 70);
            x.data()[x.at(7) + 69] = Float.NaN;
            x.data()[x.at(9) + 3] = Float.NaN;
            Tensor y = Tensor.zeros(20, 5);
            kernels.matmul(new Samples(4).heapMatrix(Format.F32, 5, 70), x, null, y);
            for (int r = 0; r < 20; r++) {
                for (int o = 0; o < 5; o++) {
                    assertThat(Float.isNaN(y.get(r, o))).isEqualTo(r == 7 || r == 9);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Compute.class)
    void theNumberOfThreadsChangesNothing(Compute compute) {
        Tensor x = new Samples(5).tensor(300, 200);
        Matrix w = new Samples(6).heapMatrix(Format.BF16, 700, 200);
        float[] expected = new float[0];
        for (int threads : new int[] {1, 2, 3, 4}) {
            try (Workers workers = new Workers(threads)) {
                Tensor y = Tensor.zeros(300, 700);
                forAllRows(workers, compute).matmul(w, x, null, y);
                expected = threads == 1 ? y.data() : expected;
                assertThat(y.data()).as("%d threads", threads).isEqualTo(expected);
            }
        }
    }

    /// Weights that nobody can change are kept packed, and threads then have rows of their own.
    @ParameterizedTest
    @EnumSource(Compute.class)
    void keptWeightsChangeNothing(Compute compute) {
        for (int threads : new int[] {1, 2, 3, 5}) {
            keptWeightsChangeNothing(compute, threads);
        }
    }

    private void keptWeightsChangeNothing(Compute compute, int threads) {
        try (Workers workers = new Workers(threads);
                Arena arena = Arena.ofShared()) {
            Kernels kernels = forAllRows(workers, compute);
            Matrix w = new Samples(7).matrix(Format.F16, 333, 100, arena);
            MemorySegment bytes = w.bytes().asReadOnly();
            for (int rows : new int[] {40, 257, 17, 500}) {
                Tensor x = new Samples(rows).tensor(rows, 100);
                Tensor expected = output(rows, 333);
                kernels.matmul(w, x, null, expected);
                Tensor y = output(rows, 333);
                kernels.matmul(new Matrix(bytes, Format.F16, 333, 100), x, null, y);
                assertThat(y.data()).isEqualTo(expected.data());
            }
            int elementBytes = switch (compute) {
                case F32 -> 4;
                case BF16 -> 2;
                case INT8 -> 1;
            };
            assertThat(keptBytes(kernels)).isEqualTo(packs(compute) ? 384L * 128 * elementBytes : 0);
        }
    }

    @Test
    void severalComputeAtTheSameTime() throws Exception {
        List<Future<float[]>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            for (int i = 0; i < 3; i++) {
                results.add(threads.submit(() -> {
                    try (Workers workers = new Workers(2)) {
                        Kernels kernels = forAllRows(workers, Compute.BF16);
                        Tensor y = Tensor.zeros(100, 300);
                        for (int run = 0; run < 20; run++) {
                            Tensor x = new Samples(8).tensor(100 - run, 150);
                            kernels.matmul(
                                    new Samples(9).heapMatrix(Format.F32, 300, 150), x, null, y.slice(0, 100 - run));
                        }
                        return y.data();
                    }
                }));
            }
            for (Future<float[]> result : results) {
                assertThat(result.get()).isEqualTo(results.getFirst().get());
            }
        }
    }
}
