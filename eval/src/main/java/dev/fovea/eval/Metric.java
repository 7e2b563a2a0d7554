package dev.fovea.eval;

/// One number of a task's result, as its papers quote it.
///
/// @param name  such as `all`, a group's name or `f1 random`
/// @param value in the metric's usual unit: percent, or points for sums such as MME's
/// @param low   lower end of the 95 % interval (Wilson's for shares); equal to `value` where none is defined
/// @param high  upper end
/// @param count answers that it is made of
public record Metric(String name, double value, double low, double high, int count) {
    private static final double Z = 1.959963984540054; // 97.5 % point of the normal distribution

    /// A share of `count` answers as a percentage with Wilson's 95 % interval.
    ///
    /// @param sum of scores 0 … 1; Wilson's formula is exact for right-or-wrong scores and wide enough for others
    public static Metric share(String name, double sum, int count) {
        if (count == 0) {
            return new Metric(name, 0, 0, 100, 0);
        }
        double p = sum / count;
        double scale = 1 + Z * Z / count;
        double centre = (p + Z * Z / (2.0 * count)) / scale;
        double half = Z * Math.sqrt(p * (1 - p) / count + Z * Z / (4.0 * count * count)) / scale;
        return new Metric(name, 100 * p, 100 * Math.max(0, centre - half), 100 * Math.min(1, centre + half), count);
    }
}
