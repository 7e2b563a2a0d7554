package dev.fovea.engine.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The choice of PruMerge and PruMerge+ on synthetic attention, with the numbers that the authors' functions gave.
class PruMergeTest {
    private static final int PATCHES = 576;

    /// `exp(-((131 j) mod 577) / scale)`, normalised in single precision.
    private static float[] attention(double scale) {
        float[] attention = new float[PATCHES];
        float sum = 0;
        for (int j = 0; j < PATCHES; j++) {
            attention[j] = (float) Math.exp(-(131 * j % 577) / scale);
            sum += attention[j];
        }
        for (int j = 0; j < PATCHES; j++) {
            attention[j] /= sum;
        }
        return attention;
    }

    private static PruMerge method(String name) {
        return (PruMerge) Reductions.named(name, Reductions.Request.of(Budget.all()));
    }

    @Test
    void quartilesAndFenceEqualTheRecordedOnes() {
        Quartiles quartiles = Quartiles.of(attention(120));
        // Eight recorded digits, and a sum of 576 floats in another order: 576 roundings of the value.
        double relative = 576 * Math.ulp(1f) / 2 + 5e-8;
        assertThat(quartiles.lower()).isCloseTo(2.3009907e-4, within(2.4e-4 * relative));
        assertThat(quartiles.upper()).isCloseTo(2.5258763e-3, within(2.6e-3 * relative));
        assertThat(quartiles.fence(1.5)).isCloseTo(5.9695421e-3, within(6e-3 * relative));
    }

    @Test
    void outliersComeByFallingAttention() {
        int[] chosen = method("prumerge").choose(attention(120));
        assertThat(chosen).hasSize(41);
        assertThat(Arrays.copyOf(chosen, 5)).containsExactly(0, 185, 370, 555, 163);
        assertThat(method("prumerge").choose(attention(150))).hasSize(21);
    }

    @Test
    void theRegularSampleFollowsInAscendingOrder() {
        int[] plus = method("prumerge+").choose(attention(120));
        assertThat(plus).hasSize(41 + 134);
        assertThat(Arrays.copyOf(plus, 41)).containsExactly(method("prumerge").choose(attention(120)));
        assertThat(Arrays.copyOfRange(plus, 41, 46)).containsExactly(4, 8, 12, 16, 20);
        assertThat(method("prumerge+").choose(attention(150))).hasSize(21 + 63);
    }

    @Test
    void theLastPatchIsNeverSampled() {
        float[] attention = new float[PATCHES];
        IntStream.range(0, 144).forEach(j -> attention[j] = 1 + j); // 144 outliers: stride one
        assertThat(method("prumerge+").choose(attention)).hasSize(575).doesNotContain(575);
    }

    @Test
    void nothingStandsOutOfUniformAttention() {
        float[] uniform = new float[PATCHES];
        Arrays.fill(uniform, 1f / 577);
        assertThat(method("prumerge").choose(uniform)).isEmpty();
        assertThat(method("prumerge+").choose(uniform)).isEmpty();
    }
}
