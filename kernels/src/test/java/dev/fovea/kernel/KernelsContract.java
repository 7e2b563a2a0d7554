package dev.fovea.kernel;

import static dev.fovea.kernel.Oracle.C;
import static dev.fovea.kernel.Oracle.EPS;
import static dev.fovea.kernel.Oracle.TINY;
import static dev.fovea.kernel.Samples.assertGuarded;
import static dev.fovea.kernel.Samples.assertWithin;
import static dev.fovea.kernel.Samples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every technique promises: each operation agrees with [Oracle] within the error of binary32, for sizes
/// at and around the edges of lanes and blocks, for views, odd addresses and extreme numbers.
abstract class KernelsContract {
    private final Workers workers = new Workers(2);
    private final Arena arena = Arena.ofShared();

    /// The technique under test, created as its users would.
    abstract Kernels create(Workers workers);

    /// The class and the name that [#create] must return.
    abstract Class<? extends Kernels> expectedClass();

    abstract String expectedName();

    private Kernels kernels = create(workers);

    @BeforeEach
    void theTechniqueIsTheOneUnderTest() {
        assertThat(kernels).isExactlyInstanceOf(expectedClass());
        assertThat(kernels.name()).isEqualTo(expectedName());
        assertThat(kernels.workers()).isSameAs(workers);
    }

    @AfterEach
    void close() {
        workers.close();
        arena.close();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 8, 8",
        "3, 0, 5",
        "20, 0, 5",
        "20, 2100, 5",
        "1, 1, 1",
        "1, 7, 3",
        "1, 16, 4",
        "1, 33, 5",
        "1, 64, 130",
        "1, 1030, 37",
        "2, 31, 9",
        "3, 130, 11",
        "4, 96, 8",
        "5, 1, 1",
        "5, 15, 3",
        "7, 17, 4",
        "8, 16, 8",
        "9, 32, 96",
        "15, 33, 97",
        "16, 511, 5",
        "17, 512, 12",
        "31, 513, 7",
        "32, 64, 64",
        "33, 100, 65",
        "36, 1030, 9",
        "37, 65, 200",
        "65, 40, 17",
        "641, 9, 5",
        "700, 20, 3"
    })
    void matmulEqualsTheSumOfProducts(int rows, int cols, int out) {
        for (Format format : Format.values()) {
            int in = Samples.whole(format, cols);
            Samples samples = new Samples(rows * 31L + in * 7L + out);
            Tensor x = samples.tensor(rows, in);
            float[] bias = samples.array(out);
            for (Matrix w :
                    new Matrix[] {samples.matrix(format, out, in, arena), samples.heapMatrix(format, out, in)}) {
                Tensor y = output(rows, out);
                kernels.matmul(w, x, bias, y);
                assertWithin(format + " with bias", y, Oracle.matmul(w, x, bias));
                assertGuarded(y);
                kernels.matmul(w, x, null, y);
                assertWithin(format + " without bias", y, Oracle.matmul(w, x, null));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1e15", "1e-18", "0"})
    void matmulKeepsExtremeNumbers(double magnitude) {
        for (int rows : new int[] {1, 20}) {
            Samples samples = new Samples(1, magnitude);
            Matrix w = samples.heapMatrix(Format.F32, 9, 50);
            Tensor x = samples.tensor(rows, 50);
            Tensor y = output(rows, 9);
            kernels.matmul(w, x, null, y);
            assertWithin("magnitude " + magnitude, y, Oracle.matmul(w, x, null));
        }
    }

    /// The identity matrix as activations reads the weights back: all 65536 bit patterns of a 16-bit format.
    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"F16", "BF16"})
    void everySixteenBitNumberIsReadExactly(Format format) {
        int in = 32;
        Matrix w = new Samples(2).heapMatrix(format, 65536 / in, in);
        for (int i = 0; i < 65536; i++) {
            boolean finite = Double.isFinite(value(format, i));
            Samples.putShort(w.bytes(), i, (short) (finite ? i : 0)); // 0 times infinity would spoil its neighbours
        }
        for (int rows : new int[] {1, in}) {
            for (int first = 0; first < in; first += rows) {
                Tensor x = Tensor.zeros(rows, in);
                for (int r = 0; r < rows; r++) {
                    x.data()[x.at(r) + first + r] = 1;
                }
                Tensor y = Tensor.zeros(rows, w.rows());
                kernels.matmul(w, x, null, y);
                for (int r = 0; r < rows; r++) {
                    for (int o = 0; o < w.rows(); o++) {
                        assertThat(y.get(r, o) == Oracle.read(w.bytes(), format, (long) o * in + first + r))
                                .as("%s bits %x, %d rows", format, o * in + first + r, rows)
                                .isTrue();
                    }
                }
            }
        }
    }

    /// The identity matrix as activations reads every number of a block back, to the bit.
    @ParameterizedTest
    @EnumSource(value = Format.class, mode = EnumSource.Mode.MATCH_ANY, names = "Q.*")
    void everyNumberOfABlockIsReadExactly(Format format) {
        int in = 2 * format.block();
        Matrix w = new Samples(14).heapMatrix(format, 50, in);
        Tensor many = Tensor.zeros(in, in);
        for (int i = 0; i < in; i++) {
            many.data()[many.at(i) + i] = 1;
        }
        Tensor all = Tensor.zeros(in, 50);
        kernels.matmul(w, many, null, all);
        Tensor alone = Tensor.zeros(1, 50);
        for (int i = 0; i < in; i++) {
            kernels.matmul(w, many.slice(i, i + 1), null, alone);
            for (int o = 0; o < 50; o++) {
                double expected = Oracle.read(w.bytes(), format, (long) o * in + i);
                assertThat((double) all.get(i, o))
                        .as("%s [%d, %d]", format, o, i)
                        .isEqualTo(expected);
                assertThat((double) alone.get(0, o))
                        .as("%s [%d, %d]", format, o, i)
                        .isEqualTo(expected);
            }
        }
    }

    /// A number that is not finite in the weights shows in its own output and in no other.
    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"F16", "BF16"})
    void infinityAndNotANumberStay(Format format) {
        short[] bits = {
            (short) (format == Format.F16 ? 0x7c00 : 0x7f80),
            (short) (format == Format.F16 ? 0xfc00 : 0xff80),
            (short) (format == Format.F16 ? 0x7e01 : 0x7fc1)
        };
        for (int rows : new int[] {1, 20}) {
            for (int at : new int[] {0, 1, 40, 66}) {
                Matrix w = new Samples(3).heapMatrix(format, 4, 67);
                for (int i = 0; i < bits.length; i++) {
                    Samples.putShort(w.bytes(), i * 67L + at, bits[i]);
                }
                Tensor x = Tensor.zeros(rows, 67);
                Arrays.fill(x.data(), 1);
                Tensor y = Tensor.zeros(rows, 4);
                kernels.matmul(w, x, null, y);
                assertThat(y.get(rows - 1, 0)).isEqualTo(Float.POSITIVE_INFINITY);
                assertThat(y.get(rows - 1, 1)).isEqualTo(Float.NEGATIVE_INFINITY);
                assertThat(y.get(rows - 1, 2)).isNaN();
                assertThat(y.get(rows - 1, 3)).isFinite();
            }
        }
    }

    private static double value(Format format, int bits) {
        return format == Format.F16 ? Float.float16ToFloat((short) bits) : Float.intBitsToFloat(bits << 16);
    }

    @ParameterizedTest
    @CsvSource({
        // rows, keys, heads, kvHeads, headDim, before (-1: all keys are visible)
        "1, 1, 1, 1, 1, -1",
        "1, 9, 2, 2, 8, -1",
        "1, 40, 4, 2, 20, -1",
        "2, 33, 2, 1, 64, 20",
        "4, 4, 4, 4, 16, 0",
        "5, 1, 2, 2, 8, -1",
        "5, 5, 2, 1, 7, 0",
        "16, 16, 1, 1, 64, 0",
        "17, 130, 2, 2, 33, -1",
        "33, 128, 1, 1, 80, -1",
        "40, 170, 2, 1, 16, 130",
        "70, 140, 2, 2, 24, 70",
        "65, 257, 1, 1, 128, -1",
        "9, 12, 1, 1, 520, 3",
        "12, 10, 1, 1, 8, 5",
        "260, 300, 1, 1, 8, 40",
        "270, 5, 1, 1, 4, -1"
    })
    void attentionIsTheWeightedMeanOfTheVisibleValues(
            int rows, int keys, int heads, int kvHeads, int headDim, int before) {
        Visible visible = before < 0 ? new Visible.Full() : new Visible.Causal(before);
        for (Format format : new Format[] {Format.F32, Format.F16}) {
            Samples samples = new Samples(rows + keys * 3L + headDim);
            Tensor q = samples.tensor(rows, heads * headDim);
            KeyValues kv = samples.keyValues(format, keys, kvHeads, headDim, arena);
            Tensor y = output(rows, heads * headDim);
            kernels.attention(q, kv, visible, y);
            assertWithin(format.name(), y, attention(q, visible, kv));
            assertGuarded(y);
        }
    }

    @Test
    void attentionReadsActivationsAsKeysAndValues() {
        Samples samples = new Samples(4);
        Tensor q = samples.tensor(20, 32);
        KeyValues kv = KeyValues.of(samples.tensor(30, 16), samples.tensor(30, 16), 8);
        Tensor y = output(20, 32);
        kernels.attention(q, kv, new Visible.Full(), y);
        assertWithin("heap", y, attention(q, new Visible.Full(), kv));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-20, 30, 1e8})
    void attentionBearsScoresOfAnySize(double magnitude) {
        for (int rows : new int[] {1, 40}) {
            Tensor q = new Samples(5, magnitude).tensor(rows, 16);
            KeyValues kv = new Samples(6).keyValues(Format.F32, 150, 1, 16, arena);
            Tensor y = output(rows, 16);
            kernels.attention(q, kv, new Visible.Causal(120), y);
            for (int r = 0; r < rows; r++) {
                for (int d = 0; d < 16; d++) {
                    assertThat(Math.abs(y.get(r, d))).isLessThan(6); // a mean of values, all of them smaller
                }
            }
            if (magnitude <= 1) {
                assertWithin("magnitude " + magnitude, y, attention(q, new Visible.Causal(120), kv));
            }
        }
    }

    @Test
    void attentionToNoKeysIsZero() {
        KeyValues none = new Samples(7).keyValues(Format.F32, 0, 1, 8, arena);
        for (int rows : new int[] {0, 1, 40}) {
            Tensor y = output(rows, 8);
            kernels.attention(new Samples(8).tensor(rows, 8), none, new Visible.Full(), y);
            assertThat(y.toArray()).containsOnly(new float[rows == 0 ? 0 : 1]);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 1, 1, 8", "5, 3, 2, 2, 16", "0, 4, 2, 1, 20", "40, 17, 4, 2, 64", "600, 100, 2, 2, 36"})
    void jointAttentionIsOneSoftmaxOverBothSets(int keys, int extras, int heads, int kvHeads, int headDim) {
        for (Format format : new Format[] {Format.F32, Format.F16}) {
            Samples samples = new Samples(keys + extras);
            Tensor q = samples.tensor(1, heads * headDim);
            KeyValues kv = samples.keyValues(format, keys, kvHeads, headDim, arena);
            KeyValues extra = samples.keyValues(Format.F32, extras, kvHeads, headDim, arena);
            Tensor y = output(1, heads * headDim);
            kernels.attentionJoint(q, kv, extra, y);
            assertWithin(format.name(), y, attention(q, new Visible.Full(), kv, extra));
            assertGuarded(y);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 8", "15, 2, 2, 16", "17, 4, 2, 20", "700, 4, 4, 64"})
    void attentionWeightsAreTheSoftmaxOfTheScores(int keys, int heads, int kvHeads, int headDim) {
        for (Format format : new Format[] {Format.F32, Format.F16}) {
            Samples samples = new Samples(keys + headDim);
            Tensor q = samples.tensor(1, heads * headDim);
            KeyValues kv = samples.keyValues(format, keys, kvHeads, headDim, arena);
            Tensor weights = output(heads, keys);
            kernels.attentionWeights(q, kv, weights);
            Oracle.Answer answer = Oracle.Answer.of(heads, keys);
            for (int head = 0; head < heads; head++) {
                double[][] expected = Oracle.attend(q, 0, head, keys, 0, kv);
                for (int key = 0; key < keys; key++) {
                    answer.values()[head][key] = expected[0][key];
                    answer.bounds()[head][key] = expected[0][key] * Oracle.weightError(expected[1][0], keys) + TINY;
                }
            }
            assertWithin(format.name(), weights, answer);
            assertGuarded(weights);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 8, 1", "1, 1, 1", "3, 7, 1", "2, 16, 1", "5, 33, 1e15", "4, 100, 1e-12", "2, 64, 0", "40, 1000, 1"})
    void rmsNormDividesByTheRootMeanSquare(int rows, int cols, double magnitude) {
        Samples samples = new Samples(cols, magnitude);
        Tensor x = samples.tensor(rows, cols);
        float[] weight = new Samples(9).array(cols);
        Oracle.Answer answer = Oracle.Answer.of(rows, cols);
        for (int r = 0; r < rows; r++) {
            double squares = 0;
            for (int c = 0; c < cols; c++) {
                squares += (double) x.get(r, c) * x.get(r, c);
            }
            for (int c = 0; c < cols; c++) {
                double y = x.get(r, c) / Math.sqrt(squares / cols + 1e-5f) * weight[c];
                answer.values()[r][c] = y;
                answer.bounds()[r][c] = C * (cols + 4) * EPS * Math.abs(y) + TINY;
            }
        }
        Tensor y = output(rows, cols);
        kernels.rmsNorm(x, weight, 1e-5f, y);
        assertWithin("rmsNorm", y, answer);
        assertGuarded(y);
        kernels.rmsNorm(x, weight, 1e-5f, x);
        assertThat(x.toArray()).isEqualTo(y.toArray());
    }

    /// The bound holds although the mean is a thousand times the deviations from it.
    @ParameterizedTest
    @CsvSource({"0, 8, 0", "1, 1, 0", "3, 7, 1", "2, 16, 0", "5, 33, 1000", "4, 100, -1000", "40, 1000, 3"})
    void layerNormRemovesMeanAndVariance(int rows, int cols, double mean) {
        Samples samples = new Samples(cols);
        Tensor x = samples.tensor(rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                x.data()[x.at(r) + c] += (float) mean;
            }
        }
        float[] weight = samples.array(cols);
        float[] bias = samples.array(cols);
        Oracle.Answer answer = Oracle.Answer.of(rows, cols);
        for (int r = 0; r < rows; r++) {
            double sum = 0;
            for (int c = 0; c < cols; c++) {
                sum += x.get(r, c);
            }
            double squares = 0;
            for (int c = 0; c < cols; c++) {
                squares += Math.pow(x.get(r, c) - sum / cols, 2);
            }
            double scale = 1 / Math.sqrt(squares / cols + 1e-5f);
            for (int c = 0; c < cols; c++) {
                double y = (x.get(r, c) - sum / cols) * scale;
                double magnitude = Math.abs(x.get(r, c)) * scale; // the deviation loses what the number cannot hold
                answer.values()[r][c] = y * weight[c] + bias[c];
                answer.bounds()[r][c] = C * (cols + 4) * EPS * Math.abs(y * weight[c])
                        + C * EPS * (Math.abs(bias[c]) + magnitude * Math.abs(weight[c]))
                        + TINY;
            }
        }
        Tensor y = output(rows, cols);
        kernels.layerNorm(x, weight, bias, 1e-5f, y);
        assertWithin("layerNorm", y, answer);
        assertGuarded(y);
        kernels.layerNorm(x, weight, bias, 1e-5f, x);
        assertThat(x.toArray()).isEqualTo(y.toArray());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 8, 4",
        "3, 2, 8, 4",
        "5, 1, 7, 2",
        "6, 3, 40, 20",
        "9, 2, 64, 32",
        "2, 2, 80, 16",
        "40, 8, 128, 64"
    })
    void ropeRotatesEachPair(int rows, int heads, int headDim, int half) {
        Samples samples = new Samples(headDim);
        RotaryTable table = new RotaryTable(samples.tensor(50, half), samples.tensor(50, half));
        int[] positions = new java.util.Random(Samples.SEED).ints(rows, 0, 50).toArray();
        Tensor x = samples.tensor(rows, heads * headDim);
        Oracle.Answer answer = Oracle.Answer.of(rows, heads * headDim);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < heads * headDim; c++) {
                int i = c % headDim;
                int pair = i < half ? c + half : c - half;
                double y = x.get(r, c);
                if (i < 2 * half) {
                    double cos = y * table.cos().get(positions[r], i % half);
                    double sin = x.get(r, pair) * (double) table.sin().get(positions[r], i % half);
                    y = i < half ? cos - sin : cos + sin;
                    answer.bounds()[r][c] = C * 2 * EPS * (Math.abs(cos) + Math.abs(sin)) + TINY;
                }
                answer.values()[r][c] = y;
            }
        }
        kernels.ropeInPlace(x, headDim, table, positions);
        assertWithin("rope", x, answer);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 5, 1",
        "1, 1, 1",
        "4, 2, 5",
        "3, 17, 20",
        "2, 64, 1e-10",
        "5, 100, 1000",
        "3, 20, 1e30",
        "40, 1000, 3"
    })
    void softmaxRowsAreDistributions(int rows, int cols, double magnitude) {
        Tensor x = new Samples(cols, magnitude).tensor(rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 1; c < cols; c += 3) {
                x.data()[x.at(r) + c] = Float.NEGATIVE_INFINITY;
            }
        }
        Oracle.Answer answer = Oracle.Answer.of(rows, cols);
        for (int r = 0; r < rows; r++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < cols; c++) {
                answer.values()[r][c] = x.get(r, c);
                max = Math.max(max, x.get(r, c));
            }
            for (int c = 0; c < cols; c++) {
                double off = Double.isInfinite(x.get(r, c)) ? 0 : EPS * Math.abs(x.get(r, c) - max);
                answer.bounds()[r][c] = off;
            }
            Oracle.softmax(answer.values()[r]);
            double largestOff = 0; // of those terms that weigh enough to matter
            for (int c = 0; c < cols; c++) {
                largestOff = Math.max(largestOff, answer.bounds()[r][c] * answer.values()[r][c]);
            }
            for (int c = 0; c < cols; c++) {
                double off = answer.bounds()[r][c] + cols * largestOff;
                answer.bounds()[r][c] = answer.values()[r][c] * (off + C * (cols + 8) * EPS) + TINY;
            }
        }
        kernels.softmaxInPlace(x);
        assertWithin("softmax", x, answer);
    }

    @ParameterizedTest
    @EnumSource
    void activationsFollowTheirFormula(Activation activation) {
        for (int cols : new int[] {1, 4, 15, 16, 17, 33, 3001}) {
            Tensor x = new Samples(cols).tensor(3, cols);
            for (int c = 0; c < cols; c++) {
                x.data()[x.at(0) + c] = -12 + 24f * c / cols; // everywhere that the functions bend
                x.data()[x.at(1) + c] *= new float[] {1e-30f, 1e-6f, 20, 1e4f, 0}[c % 5];
            }
            Oracle.Answer answer = Oracle.Answer.of(3, cols);
            for (int r = 0; r < 3; r++) {
                for (int c = 0; c < cols; c++) {
                    answer.values()[r][c] = Oracle.activation(activation, x.get(r, c));
                    answer.bounds()[r][c] = C * 2 * EPS * Math.abs(x.get(r, c)) + TINY;
                }
            }
            kernels.activateInPlace(activation, x);
            assertWithin(activation.name(), x, answer);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 3", "1, 1", "3, 17", "40, 1000"})
    void siluMulGatesAndAddAdds(int rows, int cols) {
        Tensor gate = new Samples(10, 3).tensor(rows, cols);
        Tensor up = new Samples(11).tensor(rows, cols);
        Oracle.Answer product = Oracle.Answer.of(rows, cols);
        Oracle.Answer sum = Oracle.Answer.of(rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                product.values()[r][c] = Oracle.activation(Activation.SILU, gate.get(r, c)) * up.get(r, c);
                product.bounds()[r][c] = C * 3 * EPS * Math.abs(gate.get(r, c) * up.get(r, c)) + TINY;
                sum.values()[r][c] = gate.get(r, c) + up.get(r, c); // one rounding, so exactly this float
            }
        }
        Tensor added = gate.copy();
        kernels.addInPlace(added, up);
        assertWithin("add", added, sum);
        kernels.siluMulInPlace(gate, up);
        assertWithin("siluMul", gate, product);
    }

    /// Shapes that reach every way of sharing out work: by columns, by rows, by heads, and the rest rows.
    @Test
    void resultsDoNotDependOnTheNumberOfThreads() {
        float[][] one = everything(1);
        for (int threads = 2; threads <= 4; threads++) {
            float[][] more = everything(threads);
            for (int i = 0; i < one.length; i++) {
                assertThat(more[i]).as("result %d on %d threads", i, threads).isEqualTo(one[i]);
            }
        }
    }

    private float[][] everything(int threads) {
        Samples samples = new Samples(12);
        try (Workers some = new Workers(threads)) {
            Kernels k = create(some);
            Tensor x = samples.tensor(101, 520);
            Tensor wide = Tensor.zeros(101, 203);
            k.matmul(samples.heapMatrix(Format.BF16, 203, 520), x, samples.array(203), wide);
            Tensor narrow = Tensor.zeros(101, 9);
            k.matmul(samples.heapMatrix(Format.F32, 9, 520), x, null, narrow);
            Tensor single = Tensor.zeros(1, 203);
            k.matmul(samples.heapMatrix(Format.F16, 203, 520), x.slice(7, 8), null, single);
            Tensor q = samples.tensor(101, 192);
            KeyValues kv = samples.keyValues(Format.F32, 400, 3, 64, arena);
            Tensor many = Tensor.zeros(101, 192);
            k.attention(q, kv, new Visible.Causal(299), many);
            Tensor row = Tensor.zeros(1, 192);
            k.attention(q.slice(5, 6), kv, new Visible.Full(), row);
            Tensor weights = Tensor.zeros(3, 400);
            k.attentionWeights(q.slice(5, 6), kv, weights);
            Tensor norm = Tensor.zeros(101, 520);
            k.layerNorm(x, samples.array(520), samples.array(520), 1e-5f, norm);
            Tensor root = Tensor.zeros(101, 520);
            k.rmsNorm(x, samples.array(520), 1e-5f, root);
            k.activateInPlace(Activation.GELU_ERF, norm);
            k.softmaxInPlace(root);
            return new float[][] {
                wide.data(),
                narrow.data(),
                single.data(),
                many.data(),
                row.data(),
                weights.data(),
                norm.data(),
                root.data()
            };
        }
    }

    @Test
    void aRowOfAProductIsTheProductOfTheRow() {
        Samples samples = new Samples(13);
        for (Format format : Format.values()) {
            int in = Samples.whole(format, 300);
            Tensor x = samples.tensor(37, in);
            Matrix w = samples.heapMatrix(format, 50, in);
            Oracle.Answer expected = Oracle.matmul(w, x, null);
            Tensor all = Tensor.zeros(37, 50);
            kernels.matmul(w, x, null, all);
            for (int r = 0; r < 37; r++) {
                Tensor alone = Tensor.zeros(1, 50);
                kernels.matmul(w, x.slice(r, r + 1), null, alone);
                for (int o = 0; o < 50; o++) {
                    assertThat((double) Math.abs(alone.get(0, o) - all.get(r, o)))
                            .isLessThanOrEqualTo(expected.bounds()[r][o]);
                }
            }
        }
    }

    @Test
    void wrongShapesAreNamed() {
        Tensor x = Tensor.zeros(2, 8);
        Matrix w = Matrix.of(new float[24], 3, 8);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kernels.matmul(w, Tensor.zeros(2, 7), null, Tensor.zeros(2, 3)))
                .withMessage("matmul: x: expected 8 columns, found Tensor[2, 7]");
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.matmul(w, x, null, Tensor.zeros(2, 4)));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.matmul(w, x, new float[2], Tensor.zeros(2, 3)));
        KeyValues kv = KeyValues.of(Tensor.zeros(4, 6), Tensor.zeros(4, 6), 3);
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.attention(x, kv, new Visible.Full(), x));
        Tensor q = Tensor.zeros(2, 6);
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.attentionJoint(q, kv, kv, q));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kernels.attentionWeights(q.slice(0, 1), kv, Tensor.zeros(2, 3)));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.rmsNorm(x, new float[7], 1, x));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.layerNorm(x, new float[8], new float[7], 1, x));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.addInPlace(x, Tensor.zeros(2, 7)));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.siluMulInPlace(x, Tensor.zeros(1, 8)));
        RotaryTable table = new RotaryTable(Tensor.zeros(5, 2), Tensor.zeros(5, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.ropeInPlace(x, 3, table, new int[2]));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.ropeInPlace(x, 2, table, new int[2]));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.ropeInPlace(x, 4, table, new int[1]));
        assertThatIllegalArgumentException().isThrownBy(() -> kernels.ropeInPlace(x, 4, table, new int[] {0, 5}));
    }

    /// Relative rounding of what attention of many rows multiplies, apart from that of binary32.
    double attentionRounding() {
        return 0;
    }

    private Oracle.Answer attention(Tensor q, Visible visible, KeyValues... parts) {
        double rounding = q.rows() == 1 ? 0 : attentionRounding();
        int headDim = parts[0].headDim();
        int keys = Arrays.stream(parts).mapToInt(KeyValues::rows).sum();
        Oracle.Answer answer = Oracle.Answer.of(q.rows(), q.cols());
        for (int r = 0; r < q.rows(); r++) {
            for (int head = 0; head < q.cols() / headDim; head++) {
                double[][] expected = Oracle.attend(q, r, head, visible.keys(r, keys), rounding, parts);
                System.arraycopy(expected[2], 0, answer.values()[r], head * headDim, headDim);
                System.arraycopy(expected[3], 0, answer.bounds()[r], head * headDim, headDim);
            }
        }
        return answer;
    }
}
