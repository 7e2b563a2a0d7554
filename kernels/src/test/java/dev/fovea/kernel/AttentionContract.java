package dev.fovea.kernel;

import static dev.fovea.kernel.Oracle.TINY;
import static dev.fovea.kernel.Samples.assertGuarded;
import static dev.fovea.kernel.Samples.assertWithin;
import static dev.fovea.kernel.Samples.output;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every technique promises of attention: agreement with [Oracle] within the error of its arithmetic.
abstract class AttentionContract {
    final Workers workers = new Workers(2);
    final Arena arena = Arena.ofShared();

    /// The technique under test, created as its users would.
    abstract Kernels create(Workers workers);

    /// The class and the name that [#create] must return.
    abstract Class<? extends Kernels> expectedClass();

    abstract String expectedName();

    final Kernels kernels = create(workers);

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
