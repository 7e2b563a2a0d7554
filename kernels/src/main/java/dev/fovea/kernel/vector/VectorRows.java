package dev.fovea.kernel.vector;

import dev.fovea.kernel.Activation;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Row operations with vectors. A remainder shorter than a vector is padded to one, so that every number of a
/// row is computed by the same instructions.
final class VectorRows implements Rows {
    private static final VectorSpecies<Float> F = Width.speciesOf(MethodHandles.lookup());
    private static final int LANES = F.length();
    private static final int WIDTH = 2 * LANES;

    /// Each lane's partner, so many lanes after it, as the lanes of one vector are joined by halves.
    private static final VectorShuffle<Float> AFTER_8 = VectorShuffle.iota(F, 8, 1, true);

    private static final VectorShuffle<Float> AFTER_4 = VectorShuffle.iota(F, 4, 1, true);
    private static final VectorShuffle<Float> AFTER_2 = VectorShuffle.iota(F, 2, 1, true);

    private static final float LOG2_E = 1.442695f;
    /// ln 2 as the sum of two floats.
    private static final float LN2_HIGH = 0.6931472f;

    private static final float LN2_LOW = -1.9046542e-9f;
    /// Adding it rounds to an integer `n` and leaves `n + 127`, the exponent of `2ⁿ`, in the lowest bits.
    private static final float ROUND = 0x1.8p23f + 127;

    private static final float EXP_MIN = -87.33654f;
    private static final float EXP_MAX = 88.37f;

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void rmsNorm(float[] x, int at, int cols, float[] weight, float eps, float[] y, int yAt) {
        int whole = cols - cols % LANES;
        FloatVector squares = FloatVector.zero(F);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, at + i);
            squares = v.fma(v, squares);
        }
        double sum = sum(squares);
        for (int i = whole; i < cols; i++) {
            sum += (double) x[at + i] * x[at + i];
        }
        float scale = (float) (1 / Math.sqrt(sum / cols + eps));
        for (int i = 0; i < whole; i += LANES) {
            FloatVector.fromArray(F, x, at + i)
                    .mul(scale)
                    .mul(FloatVector.fromArray(F, weight, i))
                    .intoArray(y, yAt + i);
        }
        for (int i = whole; i < cols; i++) {
            y[yAt + i] = x[at + i] * scale * weight[i];
        }
    }

    /// Two passes: the mean first, then the deviations from it. The mean is rounded to float, and what that
    /// loses is the mean of the deviations, which corrects both the variance and the result.
    @Override
    public void layerNorm(float[] x, int at, int cols, float[] weight, float[] bias, float eps, float[] y, int yAt) {
        float mean = mean(x, at, cols);
        int whole = cols - cols % LANES;
        FloatVector sums = FloatVector.zero(F);
        FloatVector squares = FloatVector.zero(F);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector d = FloatVector.fromArray(F, x, at + i).sub(mean);
            sums = sums.add(d);
            squares = d.fma(d, squares);
        }
        double sum = sum(sums);
        double square = sum(squares);
        for (int i = whole; i < cols; i++) {
            double d = x[at + i] - mean;
            sum += d;
            square += d * d;
        }
        double shift = sum / cols;
        float scale = (float) (1 / Math.sqrt(Math.max(square / cols - shift * shift, 0) + eps));
        for (int i = 0; i < whole; i += LANES) {
            FloatVector.fromArray(F, x, at + i)
                    .sub(mean)
                    .sub((float) shift)
                    .mul(scale)
                    .fma(FloatVector.fromArray(F, weight, i), FloatVector.fromArray(F, bias, i))
                    .intoArray(y, yAt + i);
        }
        for (int i = whole; i < cols; i++) {
            y[yAt + i] = Math.fma((x[at + i] - mean - (float) shift) * scale, weight[i], bias[i]);
        }
    }

    private static float mean(float[] x, int at, int cols) {
        int whole = cols - cols % LANES;
        FloatVector sums = FloatVector.zero(F);
        for (int i = 0; i < whole; i += LANES) {
            sums = sums.add(FloatVector.fromArray(F, x, at + i));
        }
        double sum = sum(sums);
        for (int i = whole; i < cols; i++) {
            sum += x[at + i];
        }
        return (float) (sum / cols);
    }

    @Override
    public void rotate(float[] x, int at, int half, float[] cos, int cosAt, float[] sin, int sinAt) {
        int whole = half - half % LANES;
        for (int i = 0; i < whole; i += LANES) {
            FloatVector a = FloatVector.fromArray(F, x, at + i);
            FloatVector b = FloatVector.fromArray(F, x, at + half + i);
            FloatVector c = FloatVector.fromArray(F, cos, cosAt + i);
            FloatVector s = FloatVector.fromArray(F, sin, sinAt + i);
            a.mul(c).sub(b.mul(s)).intoArray(x, at + i);
            b.mul(c).add(a.mul(s)).intoArray(x, at + half + i);
        }
        for (int i = whole; i < half; i++) {
            float a = x[at + i];
            float b = x[at + half + i];
            x[at + i] = a * cos[cosAt + i] - b * sin[sinAt + i];
            x[at + half + i] = b * cos[cosAt + i] + a * sin[sinAt + i];
        }
    }

    @Override
    public void softmax(float[] x, int at, int cols) {
        float scale = 1 / exponentials(x, at, cols, max(x, at, cols));
        int whole = cols - cols % LANES;
        for (int i = 0; i < whole; i += LANES) {
            FloatVector.fromArray(F, x, at + i).mul(scale).intoArray(x, at + i);
        }
        for (int i = whole; i < cols; i++) {
            x[at + i] *= scale;
        }
    }

    @Override
    public void exponentials(float[] x, int at, int cols, float[] state, int maxAt, int sumAt) {
        float max = max(x, at, cols);
        state[maxAt] = max;
        state[sumAt] = exponentials(x, at, cols, max);
    }

    /// Replaces each number by `exp(x − max)` and returns their sum.
    private static float exponentials(float[] x, int at, int cols, float max) {
        int whole = cols - cols % LANES;
        FloatVector sums = FloatVector.zero(F);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector e = exp(FloatVector.fromArray(F, x, at + i).sub(max));
            e.intoArray(x, at + i);
            sums = sums.add(e);
        }
        if (whole < cols) {
            float[] rest = rest(x, at + whole, cols - whole);
            exp(FloatVector.fromArray(F, rest, 0).sub(max)).intoArray(rest, 0);
            System.arraycopy(rest, 0, x, at + whole, cols - whole);
        }
        double sum = sum(sums);
        for (int i = whole; i < cols; i++) {
            sum += x[at + i];
        }
        return (float) sum;
    }

    private static float max(float[] x, int at, int cols) {
        FloatVector largest = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int whole = cols - cols % LANES;
        for (int i = 0; i < whole; i += LANES) {
            largest = larger(largest, FloatVector.fromArray(F, x, at + i));
        }
        float max = largest.reduceLanes(VectorOperators.MAX);
        for (int i = whole; i < cols; i++) {
            max = Math.max(max, x[at + i]);
        }
        return max;
    }

    @Override
    public void activate(Activation activation, float[] x, int at, int cols) {
        int whole = cols - cols % LANES;
        activateWhole(activation, x, at, whole);
        if (whole < cols) {
            float[] rest = rest(x, at + whole, cols - whole);
            activateWhole(activation, rest, 0, LANES);
            System.arraycopy(rest, 0, x, at + whole, cols - whole);
        }
    }

    private static void activateWhole(Activation activation, float[] x, int at, int cols) {
        switch (activation) {
            case GELU_ERF -> geluErf(x, at, cols);
            case GELU_TANH -> geluTanh(x, at, cols);
            case QUICK_GELU -> sigmoidMul(x, at, cols, 1.702f);
            case SILU -> sigmoidMul(x, at, cols, 1);
        }
    }

    private static void geluErf(float[] x, int at, int cols) {
        for (int i = 0; i < cols; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, at + i);
            FloatVector half = v.mul(0.5f);
            half.fma(erfOfRootHalf(v), half).intoArray(x, at + i);
        }
    }

    /// `½ (1 + tanh u) = 1 / (1 + exp(−2u))`.
    private static void geluTanh(float[] x, int at, int cols) {
        float a = (float) (-2 * Math.sqrt(2 / Math.PI));
        float b = (float) (-2 * Math.sqrt(2 / Math.PI) * 0.044715);
        for (int i = 0; i < cols; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, at + i);
            FloatVector u = v.mul(v).mul(b).add(a).mul(v);
            v.div(exp(u).add(1)).intoArray(x, at + i);
        }
    }

    private static void sigmoidMul(float[] x, int at, int cols, float slope) {
        for (int i = 0; i < cols; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, at + i);
            v.div(exp(v.mul(-slope)).add(1)).intoArray(x, at + i);
        }
    }

    @Override
    public void siluMul(float[] gate, int at, int cols, float[] up, int upAt) {
        activate(Activation.SILU, gate, at, cols);
        int whole = cols - cols % LANES;
        for (int i = 0; i < whole; i += LANES) {
            FloatVector.fromArray(F, gate, at + i)
                    .mul(FloatVector.fromArray(F, up, upAt + i))
                    .intoArray(gate, at + i);
        }
        for (int i = whole; i < cols; i++) {
            gate[at + i] *= up[upAt + i];
        }
    }

    @Override
    public void add(float[] x, int at, int cols, float[] y, int yAt) {
        int whole = cols - cols % LANES;
        for (int i = 0; i < whole; i += LANES) {
            FloatVector.fromArray(F, x, at + i)
                    .add(FloatVector.fromArray(F, y, yAt + i))
                    .intoArray(x, at + i);
        }
        for (int i = whole; i < cols; i++) {
            x[at + i] += y[yAt + i];
        }
    }

    @Override
    public void addScaled(float weight, float[] x, int at, int cols, float[] y, int yAt) {
        int whole = cols - cols % LANES;
        FloatVector w = FloatVector.broadcast(F, weight);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector.fromArray(F, x, at + i)
                    .fma(w, FloatVector.fromArray(F, y, yAt + i))
                    .intoArray(y, yAt + i);
        }
        for (int i = whole; i < cols; i++) {
            y[yAt + i] = Math.fma(x[at + i], weight, y[yAt + i]);
        }
    }

    // One loop per method from here: together they were more than the JIT compiler takes in, four times slower.

    @Override
    public void largest(
            float[] scores, int at, int keys, float[] largest, int largestAt, float[] shrink, int shrinkAt) {
        for (int lane = 0; lane < WIDTH; lane += LANES) {
            FloatVector before = FloatVector.fromArray(F, largest, largestAt + lane);
            FloatVector now = before;
            for (int key = 0; key < keys; key++) {
                now = larger(now, FloatVector.fromArray(F, scores, at + key * WIDTH + lane));
            }
            now.intoArray(largest, largestAt + lane);
            exp(before.sub(now)).intoArray(shrink, shrinkAt + lane);
        }
    }

    @Override
    public void exponentials(
            float[] scores,
            int at,
            int keys,
            float[] largest,
            int largestAt,
            float[] shrink,
            int shrinkAt,
            float[] sums,
            int sumsAt) {
        for (int lane = 0; lane < WIDTH; lane += LANES) {
            FloatVector most = FloatVector.fromArray(F, largest, largestAt + lane);
            FloatVector sum = FloatVector.zero(F);
            for (int key = 0; key < keys; key++) {
                int i = at + key * WIDTH + lane;
                FloatVector e = exp(FloatVector.fromArray(F, scores, i).sub(most));
                e.intoArray(scores, i);
                sum = sum.add(e);
            }
            FloatVector before = FloatVector.fromArray(F, sums, sumsAt + lane);
            before.fma(FloatVector.fromArray(F, shrink, shrinkAt + lane), sum).intoArray(sums, sumsAt + lane);
        }
    }

    @Override
    public void multiply(float[] y, int at, int rows, float[] factors, int factorsAt) {
        FloatVector low = FloatVector.fromArray(F, factors, factorsAt);
        FloatVector high = FloatVector.fromArray(F, factors, factorsAt + LANES);
        for (int i = at; i < at + rows * WIDTH; i += WIDTH) {
            FloatVector.fromArray(F, y, i).mul(low).intoArray(y, i);
            FloatVector.fromArray(F, y, i + LANES).mul(high).intoArray(y, i + LANES);
        }
    }

    @Override
    public void invert(float[] x, int at) {
        for (int i = at; i < at + WIDTH; i += LANES) {
            FloatVector.broadcast(F, 1).div(FloatVector.fromArray(F, x, i)).intoArray(x, i);
        }
    }

    /// Lane by lane `max`, but keeps `a` where `b` is not a number; two instructions where `max` needs five.
    private static FloatVector larger(FloatVector a, FloatVector b) {
        return a.blend(b, b.compare(VectorOperators.GT, a));
    }

    /// `eˣ` within 1 unit in the last place; 0 below `EXP_MIN`, infinite above `EXP_MAX`.
    ///
    /// `x = n ln 2 + r` with `|r| ≤ ½ ln 2`, and `eʳ = 1 + r + r² P(r)` with a minimax polynomial (relative
    /// error 3e-9).
    private static FloatVector exp(FloatVector x) {
        FloatVector shifted = x.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        FloatVector p = FloatVector.broadcast(F, 0.0013814539f);
        p = p.fma(r, FloatVector.broadcast(F, 0.008368745f));
        p = p.fma(r, FloatVector.broadcast(F, 0.04166839f));
        p = p.fma(r, FloatVector.broadcast(F, 0.16666521f));
        p = p.fma(r, FloatVector.broadcast(F, 0.49999994f));
        p = p.fma(r, FloatVector.broadcast(F, 1));
        p = p.fma(r, FloatVector.broadcast(F, 1));
        FloatVector power =
                shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        FloatVector e = p.mul(power).blend(0, x.compare(VectorOperators.LT, EXP_MIN));
        return e.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_MAX));
    }

    /// `erf(x / √2)` within 5 · 2⁻²⁴: `x P(x²) / Q(x²)`, a minimax fit up to 5.4, where it is within 7e-8 of 1.
    private static FloatVector erfOfRootHalf(FloatVector x) {
        FloatVector low = x.blend(-5.4f, x.compare(VectorOperators.LT, -5.4f));
        FloatVector v = low.blend(5.4f, low.compare(VectorOperators.GT, 5.4f));
        FloatVector u = v.mul(v);
        FloatVector p = FloatVector.broadcast(F, 4.6773348e-08f);
        p = p.fma(u, FloatVector.broadcast(F, 1.2720056e-05f));
        p = p.fma(u, FloatVector.broadcast(F, 0.00032864528f));
        p = p.fma(u, FloatVector.broadcast(F, 0.009301714f));
        p = p.fma(u, FloatVector.broadcast(F, 0.06674464f));
        p = p.fma(u, FloatVector.broadcast(F, 0.79788446f));
        FloatVector q = FloatVector.broadcast(F, 1.2165898e-06f);
        q = q.fma(u, FloatVector.broadcast(F, 7.240049e-05f));
        q = q.fma(u, FloatVector.broadcast(F, 0.0018589869f));
        q = q.fma(u, FloatVector.broadcast(F, 0.02837874f));
        q = q.fma(u, FloatVector.broadcast(F, 0.25031808f));
        q = q.fma(u, FloatVector.broadcast(F, 1));
        return v.mul(p).div(q);
    }

    /// The sum of all lanes in a fixed order.
    private static float sum(FloatVector v) {
        FloatVector sums = v;
        if (LANES > 8) {
            sums = sums.add(sums.rearrange(AFTER_8));
        }
        if (LANES > 4) {
            sums = sums.add(sums.rearrange(AFTER_4));
        }
        sums = sums.add(sums.rearrange(AFTER_2));
        return sums.lane(0) + sums.lane(1);
    }

    /// The last `count` numbers of a row, padded with zeros to a vector.
    private static float[] rest(float[] x, int at, int count) {
        float[] rest = new float[LANES];
        System.arraycopy(x, at, rest, 0, count);
        return rest;
    }
}
