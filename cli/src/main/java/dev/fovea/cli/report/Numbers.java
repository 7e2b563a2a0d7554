package dev.fovea.cli.report;

import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/// Numbers as people and programs like them.
public final class Numbers {
    private Numbers() {}

    /// Milliseconds, to the microsecond.
    public static double millis(long nanos) {
        return Math.round(nanos / 1e3) / 1e3;
    }

    /// To three decimals.
    public static double rounded(double value) {
        return Math.round(value * 1e3) / 1e3;
    }

    /// A duration in milliseconds or seconds, such as `46 ms`, `1.95 s`.
    public static String time(long nanos) {
        double seconds = nanos / 1e9;
        if (seconds < 0.9995) {
            return String.format(Locale.ROOT, seconds < 0.00995 ? "%.1f ms" : "%.0f ms", seconds * 1e3);
        }
        return String.format(Locale.ROOT, seconds < 100 ? "%.2f s" : "%.0f s", seconds);
    }

    /// An amount of memory, such as `13.2 GiB`.
    public static String memory(long bytes) {
        if (bytes >= 1L << 30) {
            return String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
        }
        return String.format(Locale.ROOT, bytes >= 100L << 20 ? "%.0f MiB" : "%.1f MiB", bytes / 0x1p20);
    }

    /// A share, such as `20 %`; one decimal below ten.
    public static String percent(double share) {
        return String.format(Locale.ROOT, share > 0 && share < 0.0995 ? "%.1f %%" : "%.0f %%", share * 100);
    }

    /// The numbers as JSON.
    public static ArrayNode array(int[] values) {
        ArrayNode array = JsonMapper.shared().createArrayNode();
        for (int value : values) {
            array.add(value);
        }
        return array;
    }
}
