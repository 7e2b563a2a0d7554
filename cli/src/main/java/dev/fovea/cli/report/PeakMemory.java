package dev.fovea.cli.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// The most memory that the process has held, mapped weights that were touched included.
public final class PeakMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");

    private PeakMemory() {}

    /// Linux: the peak of the resident set (`VmHWM`). Elsewhere the peaks of the JVM's own pools, which leave out
    /// weights.
    public static long bytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmHWM:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10; // kB
                }
            }
        } catch (IOException _) {
            // not Linux
        }
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
    }

    /// Begins a new peak where the system can (`5` to `clear_refs`); elsewhere peaks only grow.
    public static void restart() {
        try {
            Files.writeString(CLEAR, "5");
        } catch (IOException _) {
            // the peak of what came before stays
        }
    }
}
