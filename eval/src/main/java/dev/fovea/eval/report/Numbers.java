package dev.fovea.eval.report;

import java.util.Locale;

/// Numbers as people read them; a dash where there is none.
final class Numbers {
    private Numbers() {}

    static String fixed(double value, int digits) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    static String percent(double value) {
        return Double.isNaN(value) ? "–" : fixed(value, 1) + " %";
    }

    /// `1.23 G`.
    static String operations(double value) {
        String[] units = {"", " k", " M", " G", " T", " P"};
        int unit = 0;
        double rest = value;
        while (rest >= 1000 && unit < units.length - 1) {
            rest /= 1000;
            unit++;
        }
        return fixed(rest, unit == 0 ? 0 : 2) + units[unit];
    }

    static String seconds(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        return value < 1 ? fixed(value * 1000, 1) + " ms" : fixed(value, 2) + " s";
    }
}
