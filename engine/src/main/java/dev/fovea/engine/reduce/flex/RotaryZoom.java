package dev.fovea.engine.reduce.flex;

import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import java.util.Arrays;

/// Rotary tables of high-resolution tokens, which have no position in the sequence: the low-resolution tokens'
/// cosines and sines, not their positions, enlarged bicubically.
///
/// Source: the authors' `modeling_llama.py`, which calls `torch.nn.functional.interpolate(mode="bicubic")`: `A` =
/// -0.75, pixel centres, edges repeated. The result is no rotation any more (squares need not add up to one); the
/// model was trained with it all the same.
final class RotaryZoom {
    /// The cubic kernel's free parameter in PyTorch.
    private static final double A = -0.75;

    private RotaryZoom() {}

    /// The table of the `(zoom * side)²` high-resolution tokens in raster order.
    ///
    /// @param table the decoder's own
    /// @param begin position of the first low-resolution token; the others follow in raster order
    /// @param side  low-resolution tokens on each side
    static RotaryTable enlarge(RotaryTable table, int begin, int side, int zoom) {
        return new RotaryTable(enlarge(table.cos(), begin, side, zoom), enlarge(table.sin(), begin, side, zoom));
    }

    private static Tensor enlarge(Tensor table, int begin, int side, int zoom) {
        int high = side * zoom;
        int cols = table.cols();
        double[] columns = new double[side * high * cols]; // [side, high, cols]: columns enlarged, rows not yet
        for (int x = 0; x < high; x++) {
            Taps taps = Taps.at(x, side, high);
            for (int y = 0; y < side; y++) {
                int to = (y * high + x) * cols;
                for (int tap = 0; tap < 4; tap++) {
                    int from = table.at(begin + y * side + taps.line(tap));
                    for (int i = 0; i < cols; i++) {
                        columns[to + i] += taps.weights()[tap] * table.data()[from + i];
                    }
                }
            }
        }
        Tensor enlarged = Tensor.zeros(high * high, cols);
        double[] sum = new double[high * cols];
        for (int y = 0; y < high; y++) {
            Taps taps = Taps.at(y, side, high);
            Arrays.fill(sum, 0);
            for (int tap = 0; tap < 4; tap++) {
                int from = taps.line(tap) * high * cols;
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += taps.weights()[tap] * columns[from + i];
                }
            }
            for (int i = 0; i < sum.length; i++) {
                enlarged.data()[y * sum.length + i] = (float) sum[i];
            }
        }
        return enlarged;
    }

    /// The four lines around a point of an axis, clamped to it, and their weights.
    private record Taps(int first, int lines, double[] weights) {
        static Taps at(int to, int lines, int toLines) {
            double at = (2.0 * to + 1) * lines / (2.0 * toLines) - 0.5;
            int below = (int) Math.floor(at);
            double t = at - below;
            double[] weights = {far(t + 1), near(t), near(1 - t), far(2 - t)};
            return new Taps(below - 1, lines, weights);
        }

        int line(int tap) {
            return Math.clamp(first + tap, 0, lines - 1);
        }

        /// The kernel within one line.
        private static double near(double t) {
            return ((A + 2) * t - (A + 3)) * t * t + 1;
        }

        /// The kernel between one line and two.
        private static double far(double t) {
            return ((A * t - 5 * A) * t + 8 * A) * t - 4 * A;
        }
    }
}
