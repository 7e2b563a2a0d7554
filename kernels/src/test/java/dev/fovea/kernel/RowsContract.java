package dev.fovea.kernel;

import static dev.fovea.kernel.Oracle.C;
import static dev.fovea.kernel.Oracle.EPS;
import static dev.fovea.kernel.Oracle.TINY;
import static dev.fovea.kernel.Samples.assertGuarded;
import static dev.fovea.kernel.Samples.assertWithin;
import static dev.fovea.kernel.Samples.output;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What every technique promises of the operations on rows: norms, rotation, softmax, activations.
abstract class RowsContract extends AttentionContract {
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
}
