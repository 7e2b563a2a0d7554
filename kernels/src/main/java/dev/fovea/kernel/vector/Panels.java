package dev.fovea.kernel.vector;

import dev.fovea.kernel.Tensor;
import org.jspecify.annotations.Nullable;

/// Turns rows into lanes and back.
final class Panels {
    /// Columns at a time when rows become lanes, so that the lines written to stay in the first cache level.
    private static final int STEP = 64;

    private Panels() {}

    /// Writes rows `first … first + width - 1` of `x`, times `scale`, to the lanes of a panel; rows that are
    /// not there become zeros.
    ///
    /// @param panel `[cols][width]` from `at`
    static void pack(Tensor x, int first, int width, float scale, float[] panel, int at) {
        int rows = Math.min(width, x.rows() - first);
        for (int begin = 0; begin < x.cols(); begin += STEP) {
            int end = Math.min(begin + STEP, x.cols());
            for (int lane = 0; lane < width; lane++) {
                if (lane < rows) {
                    packRow(
                            x.data(),
                            x.at(first + lane) + begin,
                            end - begin,
                            width,
                            scale,
                            panel,
                            at + begin * width + lane);
                } else {
                    packZeros(end - begin, width, panel, at + begin * width + lane);
                }
            }
        }
    }

    private static void packRow(float[] x, int from, int cols, int width, float scale, float[] panel, int at) {
        for (int i = 0; i < cols; i++) {
            panel[at + i * width] = x[from + i] * scale;
        }
    }

    private static void packZeros(int cols, int width, float[] panel, int at) {
        for (int i = 0; i < cols; i++) {
            panel[at + i * width] = 0;
        }
    }

    /// Writes one lane of `count` rows of a panel side by side, plus `bias` from `biasAt`.
    static void unpackLane(
            float[] panel, int from, int width, int count, float @Nullable [] bias, int biasAt, float[] y, int at) {
        if (bias == null) {
            for (int i = 0; i < count; i++) {
                y[at + i] = panel[from + i * width];
            }
        } else {
            for (int i = 0; i < count; i++) {
                y[at + i] = panel[from + i * width] + bias[biasAt + i];
            }
        }
    }
}
