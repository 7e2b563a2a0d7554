package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Every operation once more, in double and without any code of the kernels, with the error that binary32
/// arithmetic may have made.
///
/// One rule gives all bounds: a sum of `n` products, in any order, is within `C · n · EPS · Σ|a||b|` of the
/// exact one, where EPS is half a unit in the last place of 1. `C` leaves room for the roundings around the
/// sum.
final class Oracle {
    static final double EPS = 0x1p-24;
    static final double C = 2;

    /// Absolute room for results below the normal numbers.
    static final double TINY = Float.MIN_NORMAL;

    /// Expected numbers and how far from them a result may be, `[rows, cols]`.
    record Answer(double[][] values, double[][] bounds) {
        static Answer of(int rows, int cols) {
            return new Answer(new double[rows][cols], new double[rows][cols]);
        }
    }

    private Oracle() {}

    static double read(MemorySegment bytes, Format format, long index) {
        if (format.block() > 1) {
            byte[] block = bytes.asSlice(index / format.block() * format.blockBytes(), format.blockBytes())
                    .toArray(ValueLayout.JAVA_BYTE);
            return BlockOracle.values(format, block)[(int) (index % format.block())];
        }
        int b0 = bytes.get(ValueLayout.JAVA_BYTE, format.bytes(index)) & 0xff;
        int b1 = bytes.get(ValueLayout.JAVA_BYTE, format.bytes(index) + 1) & 0xff;
        int low = b0 | b1 << 8;
        return switch (format) {
            case BF16 -> Float.intBitsToFloat(low << 16);
            case F16 -> half(low);
            case F32 -> {
                int b2 = bytes.get(ValueLayout.JAVA_BYTE, 4 * index + 2) & 0xff;
                int b3 = bytes.get(ValueLayout.JAVA_BYTE, 4 * index + 3) & 0xff;
                yield Float.intBitsToFloat(low | b2 << 16 | b3 << 24);
            }
            default -> throw new IllegalArgumentException("no format of single numbers: " + format);
        };
    }

    static double half(int bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 0x3ff;
        double magnitude = switch (exponent) {
            case 0 -> fraction * 0x1p-24;
            case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            default -> Math.scalb(1 + fraction / 1024.0, exponent - 15);
        };
        return bits >> 15 == 0 ? magnitude : -magnitude;
    }

    static Answer matmul(Matrix w, Tensor x, float @Nullable [] bias) {
        Answer answer = Answer.of(x.rows(), w.rows());
        for (int o = 0; o < w.rows(); o++) {
            double[] row = row(w, o);
            for (int r = 0; r < x.rows(); r++) {
                double sum = bias == null ? 0 : bias[o];
                double magnitude = Math.abs(sum);
                for (int i = 0; i < w.cols(); i++) {
                    double product = row[i] * x.get(r, i);
                    sum += product;
                    magnitude += Math.abs(product);
                }
                answer.values[r][o] = sum;
                answer.bounds[r][o] = C * (w.cols() + 1) * EPS * magnitude + TINY;
            }
        }
        return answer;
    }

    private static double[] row(Matrix w, int row) {
        double[] values = new double[w.cols()];
        int block = w.format().block();
        for (int i = 0; i < w.cols(); i += block) {
            long index = (long) row * w.cols() + i;
            if (block == 1) {
                values[i] = read(w.bytes(), w.format(), index);
            } else {
                byte[] bytes = w.bytes()
                        .asSlice(
                                index / block * w.format().blockBytes(),
                                w.format().blockBytes())
                        .toArray(ValueLayout.JAVA_BYTE);
                System.arraycopy(BlockOracle.values(w.format(), bytes), 0, values, i, block);
            }
        }
        return values;
    }

    /// Attention of row `row`, head `head` over the first `seen` keys of all `parts` in turn: `[0]` the
    /// weights, `[1]` how far the scores may be off, `[2]` the result and `[3]` its bound.
    ///
    /// @param rounding relative rounding of queries, keys, exponentials and values before they are multiplied
    static double[][] attend(Tensor q, int row, int head, int seen, double rounding, KeyValues... parts) {
        double ofProduct = rounding * (2 + rounding);
        int headDim = parts[0].headDim();
        int kvHead = head / (q.cols() / headDim / parts[0].heads());
        double[] scores = new double[seen];
        double[] off = new double[1];
        double[] y = new double[headDim];
        double[] bounds = new double[headDim];
        int n = 0;
        for (KeyValues part : parts) {
            for (int key = 0; key < part.rows() && n < seen; key++, n++) {
                double magnitude = 0;
                for (int d = 0; d < headDim; d++) {
                    long at = (long) key * part.stride() + (long) kvHead * headDim + d;
                    double product = q.get(row, head * headDim + d) * read(part.keys(), part.format(), at);
                    scores[n] += product / Math.sqrt(headDim);
                    magnitude += Math.abs(product) / Math.sqrt(headDim);
                }
                off[0] = Math.max(off[0], (C * (headDim + 2) * EPS + ofProduct) * magnitude);
            }
        }
        softmax(scores);
        n = 0;
        for (KeyValues part : parts) {
            for (int key = 0; key < part.rows() && n < seen; key++, n++) {
                for (int d = 0; d < headDim; d++) {
                    long at = (long) key * part.stride() + (long) kvHead * headDim + d;
                    double product = scores[n] * read(part.values(), part.format(), at);
                    y[d] += product;
                    double error = (1 + Math.expm1(2 * off[0])) * (1 + ofProduct) - 1 + weightError(0, seen);
                    bounds[d] += Math.abs(product) * (rounding == 0 ? weightError(off[0], seen) : error) + TINY;
                }
            }
        }
        return new double[][] {scores, off, y, bounds};
    }

    /// Relative error of a softmax weight whose scores are off by up to `off`: both it and the sum it is
    /// divided by may be off by that, and each exponential, the sum and the division round.
    static double weightError(double off, int n) {
        return 2 * off + C * (n + 8) * EPS;
    }

    static void softmax(double[] x) {
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

    static double activation(Activation activation, double x) {
        return switch (activation) {
            case GELU_ERF -> x * normalDistribution(x);
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
            case SILU -> x / (1 + Math.exp(-x));
        };
    }

    /// `Φ(x)` by Simpson's rule on the density from 0 to `x`; error below 1e-12 with these steps.
    private static double normalDistribution(double x) {
        double end = Math.min(Math.abs(x), 9);
        int steps = 2000;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            double t = end * i / steps;
            int weight = i == 0 || i == steps ? 1 : i % 2 == 0 ? 2 : 4;
            sum += weight * Math.exp(-t * t / 2);
        }
        double half = sum * end / steps / 3 / Math.sqrt(2 * Math.PI);
        return x < 0 ? 0.5 - half : 0.5 + half;
    }
}
