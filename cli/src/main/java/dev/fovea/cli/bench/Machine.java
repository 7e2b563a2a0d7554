package dev.fovea.cli.bench;

import dev.fovea.cli.report.Numbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// What is known of the machine that measures.
public final class Machine {
    /// Activations, caches and the JVM beside the weights.
    private static final long BESIDE_WEIGHTS = 2L << 30;

    private Machine() {}

    /// Processor, processors and Java, for reports.
    public static String description() {
        String processor = field(Path.of("/proc/cpuinfo"), "model name").orElse(System.getProperty("os.arch"));
        return processor + ", " + Runtime.getRuntime().availableProcessors() + " processors, "
                + System.getProperty("os.name") + ", Java " + Runtime.version();
    }

    /// Refuses weights that would drive the machine to its end.
    static void requireMemory(long weightBytes) {
        Optional<Long> free = field(Path.of("/proc/meminfo"), "MemAvailable")
                .map(text -> Long.parseLong(text.replaceAll("\\D", "")) << 10);
        if (free.isPresent() && free.get() < weightBytes + BESIDE_WEIGHTS) {
            throw new IllegalStateException("memory: expected "
                    + Numbers.memory(weightBytes + BESIDE_WEIGHTS)
                    + " free for random weights and what runs on them, found "
                    + Numbers.memory(free.get()));
        }
    }

    private static Optional<String> field(Path file, String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty(); // not Linux
        }
    }
}
