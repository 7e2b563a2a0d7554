package dev.fovea.engine.reduce.flex;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.Fixtures;
import dev.fovea.engine.Goldens;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// The enlargement of rotary tables, exact where it must be and equal to the authors' elsewhere.
class RotaryZoomTest {
    private static final int SIDE = 24;
    private static final int ZOOM = 3;
    private static final int HIGH = SIDE * ZOOM;

    /// The plain table of heads of `headDim` with base 10000, in half precision as the original code keeps it.
    private static RotaryTable table(int positions, int headDim) {
        int half = headDim / 2;
        Tensor cos = Tensor.zeros(positions, half);
        Tensor sin = Tensor.zeros(positions, half);
        for (int p = 0; p < positions; p++) {
            for (int i = 0; i < half; i++) {
                float angle = p * (1f / (float) Math.pow(10000, 2f * i / headDim));
                cos.data()[p * half + i] = half((float) Math.cos(angle));
                sin.data()[p * half + i] = half((float) Math.sin(angle));
            }
        }
        return new RotaryTable(cos, sin);
    }

    private static float half(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(value));
    }

    @Test
    void everyThirdTokenKeepsThePlainRotation() {
        int begin = 35;
        RotaryTable plain = table(begin + SIDE * SIDE, 16);
        RotaryTable zoomed = RotaryZoom.enlarge(plain, begin, SIDE, ZOOM);
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                int token = (1 + 3 * i) * HIGH + 1 + 3 * j;
                assertThat(row(zoomed.cos(), token)).isEqualTo(row(plain.cos(), begin + 24 * i + j));
                assertThat(row(zoomed.sin(), token)).isEqualTo(row(plain.sin(), begin + 24 * i + j));
            }
        }
    }

    @Test
    void fastChannelsLoseTheirUnitLengthAsRecorded() {
        RotaryTable zoomed = RotaryZoom.enlarge(table(35 + SIDE * SIDE, 128), 35, SIDE, ZOOM);
        // Mean, least and largest cos² + sin² of channel 16, recorded with two decimals.
        double[] length = new double[HIGH * HIGH];
        Arrays.setAll(
                length,
                token -> Math.pow(zoomed.cos().get(token, 16), 2)
                        + Math.pow(zoomed.sin().get(token, 16), 2));
        assertThat(Arrays.stream(length).average().orElseThrow()).isBetween(0.685, 0.695);
        assertThat(Arrays.stream(length).min().orElseThrow()).isBetween(0.255, 0.265);
        assertThat(Arrays.stream(length).max().orElseThrow()).isBetween(1.425, 1.435);
    }

    @Test
    void tablesEqualTheAuthorsCode() {
        Goldens goldens = Goldens.read(Fixtures.require().resolve("goldens/flex"), "flex");
        goldens.json().get("cases").forEachEntry((name, expected) -> {
            int begin = expected.at("/image_range/0").asInt();
            RotaryTable zoomed = RotaryZoom.enlarge(table(begin + SIDE * SIDE, 16), begin, SIDE, ZOOM);
            // 16 products whose absolute weights sum to at most 1.6 (1.25 squared), each rounded thrice.
            double tolerance = 16 * 3 * 1.6 * Math.ulp(1f);
            Goldens.assertClose(
                    name + " cos", goldens.floats(name + "/image_cos_0_97"), sampled(zoomed.cos()), tolerance);
            Goldens.assertClose(
                    name + " sin", goldens.floats(name + "/image_sin_0_97"), sampled(zoomed.sin()), tolerance);
        });
    }

    /// Every 97th row, its angles twice, as the reference's tables repeat them.
    private static float[] sampled(Tensor table) {
        int rows = (table.rows() + 96) / 97;
        float[] sampled = new float[rows * 2 * table.cols()];
        for (int r = 0; r < rows; r++) {
            table.copyRow(97 * r, sampled, 2 * r * table.cols());
            table.copyRow(97 * r, sampled, (2 * r + 1) * table.cols());
        }
        return sampled;
    }

    private static float[] row(Tensor table, int row) {
        return table.slice(row, row + 1).toArray();
    }
}
