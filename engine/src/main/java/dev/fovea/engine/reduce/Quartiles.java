package dev.fovea.engine.reduce;

import java.util.Arrays;

/// The lower and the upper quartile of some values, interpolated linearly between order statistics.
public record Quartiles(double lower, double upper) {

    /// @param values `[n]`, at least one; not changed
    public static Quartiles of(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Quartiles(quantile(sorted, 0.25), quantile(sorted, 0.75));
    }

    private static double quantile(float[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        return sorted[below] + (at - below) * ((double) sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]);
    }

    /// The value above which others are outliers: `factor` inter-quartile ranges above the upper quartile.
    public double fence(double factor) {
        return upper + factor * (upper - lower);
    }
}
