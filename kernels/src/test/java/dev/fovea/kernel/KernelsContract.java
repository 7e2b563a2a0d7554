package dev.fovea.kernel;

import static dev.fovea.kernel.Samples.assertGuarded;
import static dev.fovea.kernel.Samples.assertWithin;
import static dev.fovea.kernel.Samples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What every technique promises: each operation agrees with [Oracle] within the error of binary32, for sizes
/// at and around the edges of lanes and blocks, for views, odd addresses and extreme numbers.
abstract class KernelsContract extends RowsContract {

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
    @CsvSource({"0", "1", "5", "40"})
    void severalProductsAreThoseOfEach(int rows) {
        Samples samples = new Samples(40 + rows);
        Tensor x = samples.tensor(rows, 64);
        Samples.assertSeveralAreThoseOfEach(
                kernels,
                x,
                samples.matrix(Format.F32, 33, 64, arena),
                samples.heapMatrix(Format.BF16, 7, 64),
                samples.matrix(Format.Q8_0, 0, 64, arena));
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
}
