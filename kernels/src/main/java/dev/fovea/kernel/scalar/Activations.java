package dev.fovea.kernel.scalar;

import dev.fovea.kernel.Activation;

/// The element-wise functions in double precision.
public final class Activations {
    private static final double TANH_SCALE = Math.sqrt(2 / Math.PI);

    private Activations() {}

    public static double of(Activation activation, double x) {
        return switch (activation) {
            case GELU_ERF -> x * 0.5 * (1 + erf(x * Math.sqrt(0.5)));
            case GELU_TANH -> x * 0.5 * (1 + Math.tanh(TANH_SCALE * (x + 0.044715 * x * x * x)));
            case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
            case SILU -> x / (1 + Math.exp(-x));
        };
    }

    /// The error function by `2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5 … (2n+1))` (Abramowitz and Stegun 7.1.6),
    /// whose terms all have the sign of `x`, so that nothing cancels.
    public static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x); // 1 − erf(6) is 2e-17, below half a unit in the last place of 1
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > Math.ulp(sum) / 4; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
