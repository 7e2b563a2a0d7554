package dev.fovea.kernel.scalar;

import dev.fovea.kernel.Activation;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workers;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The definition of every operation in plain Java: sums in double, one rounding to float at the end. Slow.
public final class ScalarKernels implements Kernels {
    private final Workers workers;

    public ScalarKernels(Workers workers) {
        this.workers = workers;
    }

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public Workers workers() {
        return workers;
    }

    @Override
    public void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        Shapes.matmul(w, x, bias, y);
        workers.forEach(w.rows(), (out, _) -> {
            float[] row = new float[w.cols()]; // [in]
            w.unpackRow(out, row, 0);
            for (int r = 0; r < x.rows(); r++) {
                double sum = dot(row, 0, x.data(), x.at(r), w.cols());
                y.data()[y.at(r) + out] = (float) (bias == null ? sum : sum + bias[out]);
            }
        });
    }

    @Override
    public void attention(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        Shapes.attention(q, kv, y);
        int heads = q.cols() / kv.headDim();
        workers.forEach(q.rows() * heads, (task, _) -> {
            int row = task / heads;
            int head = task % heads;
            double[] weights = scores(q, row, head, heads, kv, visible.keys(row, kv.rows())); // [keys]
            softmax(weights);
            double[] sums = new double[kv.headDim()]; // [headDim]
            addValues(weights, 0, weights.length, kv, head / (heads / kv.heads()), sums);
            store(sums, y, row, head);
        });
    }

    @Override
    public void attentionJoint(Tensor q, KeyValues kv, KeyValues extra, Tensor y) {
        Shapes.attentionJoint(q, kv, extra, y);
        int heads = q.cols() / kv.headDim();
        workers.forEach(heads, (head, _) -> {
            double[] first = scores(q, 0, head, heads, kv, kv.rows()); // [keys]
            double[] second = scores(q, 0, head, heads, extra, extra.rows()); // [extra keys]
            double[] weights = new double[first.length + second.length]; // [keys + extra keys]
            System.arraycopy(first, 0, weights, 0, first.length);
            System.arraycopy(second, 0, weights, first.length, second.length);
            softmax(weights);
            double[] sums = new double[kv.headDim()]; // [headDim]
            int kvHead = head / (heads / kv.heads());
            addValues(weights, 0, first.length, kv, kvHead, sums);
            addValues(weights, first.length, second.length, extra, kvHead, sums);
            store(sums, y, 0, head);
        });
    }

    @Override
    public void attentionWeights(Tensor q, KeyValues kv, Tensor weights) {
        Shapes.attentionWeights(q, kv, weights);
        workers.forEach(weights.rows(), (head, _) -> {
            double[] row = scores(q, 0, head, weights.rows(), kv, kv.rows()); // [keys]
            softmax(row);
            for (int key = 0; key < row.length; key++) {
                weights.data()[weights.at(head) + key] = (float) row[key];
            }
        });
    }

    @Override
    public void rmsNorm(Tensor x, float[] weight, float eps, Tensor y) {
        Shapes.same("rmsNorm: y", x, y);
        Shapes.length("rmsNorm: weight", weight, x.cols());
        workers.forEach(x.rows(), (row, _) -> {
            double squares = dot(x.data(), x.at(row), x.data(), x.at(row), x.cols());
            double scale = 1 / Math.sqrt(squares / x.cols() + eps);
            for (int i = 0; i < x.cols(); i++) {
                y.data()[y.at(row) + i] = (float) (x.data()[x.at(row) + i] * scale * weight[i]);
            }
        });
    }

    @Override
    public void layerNorm(Tensor x, float[] weight, float[] bias, float eps, Tensor y) {
        Shapes.same("layerNorm: y", x, y);
        Shapes.length("layerNorm: weight", weight, x.cols());
        Shapes.length("layerNorm: bias", bias, x.cols());
        workers.forEach(x.rows(), (row, _) -> {
            double sum = 0;
            for (int i = 0; i < x.cols(); i++) {
                sum += x.data()[x.at(row) + i];
            }
            double mean = sum / x.cols();
            double squares = 0;
            for (int i = 0; i < x.cols(); i++) {
                double d = x.data()[x.at(row) + i] - mean;
                squares += d * d;
            }
            double scale = 1 / Math.sqrt(squares / x.cols() + eps);
            for (int i = 0; i < x.cols(); i++) {
                double normal = (x.data()[x.at(row) + i] - mean) * scale;
                y.data()[y.at(row) + i] = (float) (normal * weight[i] + bias[i]);
            }
        });
    }

    @Override
    public void ropeInPlace(Tensor x, int headDim, RotaryTable table, int[] positions) {
        Shapes.rope(x, headDim, table, positions);
        int half = table.cos().cols();
        workers.forEach(x.rows(), (row, _) -> {
            for (int head = x.at(row); head < x.at(row) + x.cols(); head += headDim) {
                for (int i = 0; i < half; i++) {
                    double cos = table.cos().get(positions[row], i);
                    double sin = table.sin().get(positions[row], i);
                    float a = x.data()[head + i];
                    float b = x.data()[head + half + i];
                    x.data()[head + i] = (float) (a * cos - b * sin);
                    x.data()[head + half + i] = (float) (b * cos + a * sin);
                }
            }
        });
    }

    @Override
    public void softmaxInPlace(Tensor x) {
        workers.forEach(x.rows(), (row, _) -> {
            double[] weights = new double[x.cols()]; // [cols]
            for (int i = 0; i < x.cols(); i++) {
                weights[i] = x.data()[x.at(row) + i];
            }
            softmax(weights);
            for (int i = 0; i < x.cols(); i++) {
                x.data()[x.at(row) + i] = (float) weights[i];
            }
        });
    }

    @Override
    public void activateInPlace(Activation activation, Tensor x) {
        workers.forEach(x.rows(), (row, _) -> {
            for (int i = x.at(row); i < x.at(row) + x.cols(); i++) {
                x.data()[i] = (float) Activations.of(activation, x.data()[i]);
            }
        });
    }

    @Override
    public void siluMulInPlace(Tensor gate, Tensor up) {
        Shapes.same("siluMul: up", gate, up);
        workers.forEach(gate.rows(), (row, _) -> {
            for (int i = 0; i < gate.cols(); i++) {
                double silu = Activations.of(Activation.SILU, gate.data()[gate.at(row) + i]);
                gate.data()[gate.at(row) + i] = (float) (silu * up.data()[up.at(row) + i]);
            }
        });
    }

    @Override
    public void addInPlace(Tensor x, Tensor y) {
        Shapes.same("add: y", x, y);
        workers.forEach(x.rows(), (row, _) -> {
            for (int i = 0; i < x.cols(); i++) {
                x.data()[x.at(row) + i] += y.data()[y.at(row) + i];
            }
        });
    }

    private static double dot(float[] a, int atA, float[] b, int atB, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (double) a[atA + i] * b[atB + i];
        }
        return sum;
    }

    /// `q · k / √headDim` of one query head with the first `keys` keys, `[keys]`.
    private static double[] scores(Tensor q, int row, int head, int heads, KeyValues kv, int keys) {
        double[] scores = new double[keys];
        float[] key = new float[kv.headDim()];
        for (int i = 0; i < keys; i++) {
            unpack(kv.keys(), kv, i, head / (heads / kv.heads()), key);
            double dot = dot(q.data(), q.at(row) + head * kv.headDim(), key, 0, kv.headDim());
            scores[i] = dot / Math.sqrt(kv.headDim());
        }
        return scores;
    }

    /// Adds the first `keys` values of `kv`, weighted by `weights` from `at`, to `sums` `[headDim]`.
    private static void addValues(double[] weights, int at, int keys, KeyValues kv, int kvHead, double[] sums) {
        float[] value = new float[kv.headDim()];
        for (int i = 0; i < keys; i++) {
            unpack(kv.values(), kv, i, kvHead, value);
            for (int d = 0; d < sums.length; d++) {
                sums[d] += weights[at + i] * value[d];
            }
        }
    }

    private static void unpack(MemorySegment from, KeyValues kv, int row, int kvHead, float[] to) {
        long at = (long) row * kv.stride() + (long) kvHead * kv.headDim();
        Format format = kv.format();
        format.unpack(from, at, kv.headDim(), to, 0);
    }

    private static void store(double[] sums, Tensor y, int row, int head) {
        int at = y.at(row) + head * sums.length;
        for (int d = 0; d < sums.length; d++) {
            y.data()[at + d] = (float) sums[d];
        }
    }

    /// Subtracting the largest first keeps `exp` in range and changes nothing else.
    private static void softmax(double[] x) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : x) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.exp(x[i] - max);
            sum += x[i];
        }
        for (int i = 0; i < x.length; i++) {
            x[i] /= sum;
        }
    }
}
