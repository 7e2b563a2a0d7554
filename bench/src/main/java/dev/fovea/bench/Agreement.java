package dev.fovea.bench;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What is timed must be right first: it agrees with the scalar technique, whose only rounding is the last, on three
/// rows. A sum of `n` products, in any order, is within `2 · n · EPS · Σ|a||b|` of the exact one; what an arithmetic
/// rounds beforehand comes on top.
final class Agreement {
    static final double EPS = 0x1p-24;

    /// Rounding to bf16, to nearest or not.
    private static final double BF16 = 0x1p-8;

    /// Activations that share a scale in int8 products of interleaved weights.
    private static final int SPAN = 128;

    private final Kernels scalar;

    Agreement(Kernels scalar) {
        this.scalar = scalar;
    }

    Kernels scalar() {
        return scalar;
    }

    /// The first row, one in the middle and the last, without repetition.
    static int[] sample(int rows) {
        return rows < 3 ? new int[] {0} : new int[] {0, rows / 2, rows - 1};
    }

    static void close(double expected, double found, double bound) {
        if (!(Math.abs(expected - found) <= bound)) {
            throw new AssertionError("expected " + expected + " within " + bound + ", found " + found);
        }
    }

    /// `y = x wᵀ`, computed in `compute`.
    void product(Compute compute, Matrix w, Tensor x, Tensor y) {
        int[] rows = sample(x.rows());
        Tensor some = Tensor.zeros(rows.length, x.cols());
        for (int r = 0; r < rows.length; r++) {
            x.copyRow(rows[r], some.data(), some.at(r));
        }
        Tensor expected = Tensor.zeros(rows.length, w.rows());
        scalar.matmul(w, some, null, expected);
        float[] weights = new float[w.cols()];
        for (int out = 0; out < w.rows(); out++) {
            w.unpackRow(out, weights, 0);
            for (int r = 0; r < rows.length; r++) {
                float[] row = some.slice(r, r + 1).toArray();
                double bound = 2 * row.length * EPS * magnitude(weights, row) + rounding(compute, w, weights, row);
                close(expected.get(r, out), y.get(rows[r], out), bound);
            }
        }
    }

    private static double magnitude(float[] weights, float[] row) {
        double magnitude = 0;
        for (int i = 0; i < row.length; i++) {
            magnitude += Math.abs((double) weights[i] * row[i]);
        }
        return magnitude;
    }

    private static double rounding(Compute compute, Matrix w, float[] weights, float[] row) {
        return switch (compute) {
            case F32 -> 0;
            case BF16 -> BF16 * (2 + BF16) * magnitude(weights, row);
            case INT8 -> w.layout() == Matrix.Layout.INTERLEAVED ? spans(weights, row) : steps(weights, row);
        };
    }

    /// Half a step of each activation times its weight, which is exact.
    private static double spans(float[] weights, float[] row) {
        double bound = 0;
        for (int first = 0; first < row.length; first += SPAN) {
            int end = Math.min(first + SPAN, row.length);
            double magnitude = 0;
            for (int i = first; i < end; i++) {
                magnitude += Math.abs(weights[i]);
            }
            bound += largest(row, first, end) * magnitude * (1.0 / 254 + 2 * row.length * EPS);
        }
        return bound;
    }

    /// Half a step of the row's and of the output's scale.
    private static double steps(float[] weights, float[] row) {
        double xStep = largest(row, 0, row.length) / 127;
        double wStep = largest(weights, 0, weights.length) / 127;
        double bound = 0;
        for (int i = 0; i < row.length; i++) {
            bound += (Math.abs(weights[i]) * xStep + Math.abs(row[i]) * wStep) / 2 + xStep * wStep / 4;
        }
        return bound;
    }

    private static double largest(float[] row, int begin, int end) {
        double largest = 0;
        for (int i = begin; i < end; i++) {
            largest = Math.max(largest, Math.abs(row[i]));
        }
        return largest;
    }

    /// Attention of [Inputs#queries] over [Inputs#keyValues], which bf16 holds; many rows round the exponentials to it.
    void attention(Compute compute, Tensor q, KeyValues kv, Visible visible, Tensor y) {
        try (Arena arena = Arena.ofShared()) {
            KeyValues magnitudes = withMagnitudes(kv, arena);
            for (int row : sample(q.rows())) {
                int seen = visible.keys(row, kv.rows());
                Tensor query = q.slice(row, row + 1);
                Tensor expected = Tensor.zeros(1, q.cols());
                Tensor magnitude = Tensor.zeros(1, q.cols()); // Σ weight · |value|
                scalar.attention(query, kv.slice(0, seen), new Visible.Full(), expected);
                scalar.attention(query, magnitudes.slice(0, seen), new Visible.Full(), magnitude);
                double rounding = compute == Compute.F32 || q.rows() == 1 ? 0 : BF16;
                for (int i = 0; i < y.cols(); i++) {
                    double error = rounding + weightError(query, i / kv.headDim(), kv.headDim(), seen);
                    close(expected.get(0, i), y.get(row, i), error * magnitude.get(0, i));
                }
            }
        }
    }

    /// The weights of one row over all keys, `[heads, keys]`.
    void weights(Tensor q, KeyValues kv, Tensor found) {
        Tensor expected = Tensor.zeros(found.rows(), found.cols());
        scalar.attentionWeights(q, kv, expected);
        for (int head = 0; head < found.rows(); head++) {
            double error = weightError(q, head, kv.headDim(), kv.rows());
            for (int key = 0; key < found.cols(); key++) {
                close(expected.get(head, key), found.get(head, key), error * expected.get(head, key));
            }
        }
    }

    /// Relative error of a softmax weight in binary32: scores and the sum are off by what products of numbers below 4
    /// may be, and each exponential, the sum and the division round.
    private static double weightError(Tensor query, int head, int headDim, int keys) {
        double magnitude = 0;
        for (int i = head * headDim; i < (head + 1) * headDim; i++) {
            magnitude += Math.abs(query.get(0, i)) * 4 / Math.sqrt(headDim);
        }
        return 2 * 2 * (headDim + 2) * EPS * magnitude + 2 * (keys + 8) * EPS;
    }

    private static KeyValues withMagnitudes(KeyValues kv, Arena arena) {
        MemorySegment values = arena.allocate(kv.values().byteSize(), 64).copyFrom(kv.values());
        for (long i = kv.format() == Format.F32 ? 3 : 1;
                i < values.byteSize();
                i += kv.format().blockBytes()) {
            values.set(ValueLayout.JAVA_BYTE, i, (byte) (values.get(ValueLayout.JAVA_BYTE, i) & 0x7f));
        }
        return new KeyValues(kv.keys(), values, kv.format(), kv.rows(), kv.heads(), kv.headDim(), kv.stride());
    }
}
