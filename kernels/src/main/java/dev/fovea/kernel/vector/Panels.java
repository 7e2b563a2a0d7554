package dev.fovea.kernel.vector;

import dev.fovea.kernel.Tensor;
import org.jspecify.annotations.Nullable;

/// Turns rows into lanes and back. Four rows at a time, so that their cache misses overlap.
public final class Panels {
    /// Columns at a time when rows become lanes, so that the lines written to stay in the first cache level.
    private static final int STEP = 128;

    private Panels() {}

    /// Writes rows `first … first + width - 1` of `x`, times `scale`, to the lanes of a panel; rows that are
    /// not there become zeros.
    ///
    /// @param panel `[cols][width]` from `at`
    public static void pack(Tensor x, int first, int width, float scale, float[] panel, int at) {
        int rows = Math.min(width, x.rows() - first);
        for (int begin = 0; begin < x.cols(); begin += STEP) {
            int cols = Math.min(STEP, x.cols() - begin);
            int to = at + begin * width;
            int lane = 0;
            for (; lane + 4 <= rows; lane += 4) {
                packFour(x.data(), x.at(first + lane) + begin, x.stride(), cols, width, scale, panel, to + lane);
            }
            for (; lane < rows; lane++) {
                packOne(x.data(), x.at(first + lane) + begin, cols, width, scale, panel, to + lane);
            }
            for (; lane < width; lane++) {
                packZeros(cols, width, panel, to + lane);
            }
        }
    }

    private static void packFour(
            float[] x, int from, int stride, int cols, int width, float scale, float[] panel, int at) {
        for (int i = 0; i < cols; i++) {
            int to = at + i * width;
            panel[to] = x[from + i] * scale;
            panel[to + 1] = x[from + stride + i] * scale;
            panel[to + 2] = x[from + 2 * stride + i] * scale;
            panel[to + 3] = x[from + 3 * stride + i] * scale;
        }
    }

    private static void packOne(float[] x, int from, int cols, int width, float scale, float[] panel, int at) {
        for (int i = 0; i < cols; i++) {
            panel[at + i * width] = x[from + i] * scale;
        }
    }

    private static void packZeros(int cols, int width, float[] panel, int at) {
        for (int i = 0; i < cols; i++) {
            panel[at + i * width] = 0;
        }
    }

    /// Writes the lanes of a panel as rows `first …` of `y`, as many as there are, plus `bias`.
    ///
    /// @param panel `[cols][width]` from `at`
    /// @param bias  `[cols]` from `biasAt`, or null
    static void unpack(float[] panel, int at, int width, float @Nullable [] bias, int biasAt, Tensor y, int first) {
        int rows = Math.min(width, y.rows() - first);
        int lane = 0;
        for (; lane + 4 <= rows; lane += 4) {
            unpackFour(panel, at + lane, width, y.cols(), y.data(), y.at(first + lane), y.stride());
        }
        for (; lane < rows; lane++) {
            unpackOne(panel, at + lane, width, y.cols(), y.data(), y.at(first + lane));
        }
        if (bias != null) {
            for (int row = first; row < first + rows; row++) {
                addBias(bias, biasAt, y.cols(), y.data(), y.at(row));
            }
        }
    }

    private static void unpackFour(float[] panel, int from, int width, int cols, float[] y, int at, int stride) {
        for (int i = 0; i < cols; i++) {
            int lane = from + i * width;
            y[at + i] = panel[lane];
            y[at + stride + i] = panel[lane + 1];
            y[at + 2 * stride + i] = panel[lane + 2];
            y[at + 3 * stride + i] = panel[lane + 3];
        }
    }

    private static void unpackOne(float[] panel, int from, int width, int cols, float[] y, int at) {
        for (int i = 0; i < cols; i++) {
            y[at + i] = panel[from + i * width];
        }
    }

    private static void addBias(float[] bias, int biasAt, int cols, float[] y, int at) {
        for (int i = 0; i < cols; i++) {
            y[at + i] += bias[biasAt + i];
        }
    }
}
