package dev.fovea.cli.bench;

import dev.fovea.engine.ImageStats;
import dev.fovea.engine.Stage;
import dev.fovea.engine.Stats;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// What one line cost: medians of its runs. What does not vary between runs is the first run's.
///
/// @param nanos      of each stage
/// @param operations of each stage
record Row(
        Line line,
        int tokensBefore,
        int tokens,
        int promptRows,
        Map<Stage, Double> nanos,
        Map<Stage, Long> operations,
        double firstTokenNanos,
        double totalNanos,
        int newTokens,
        long cacheBytes,
        long peakBytes) {

    static Row of(Line line, List<Stats> runs, long peakBytes) {
        Stats first = runs.getFirst();
        Map<Stage, Double> nanos = new EnumMap<>(Stage.class);
        for (Stage stage : Stage.values()) {
            nanos.put(stage, median(runs, stats -> stats.nanos(stage)));
        }
        return new Row(
                line,
                first.images().stream().mapToInt(ImageStats::tokensBefore).sum(),
                first.images().stream().mapToInt(ImageStats::tokens).sum(),
                first.promptRows(),
                nanos,
                first.operations(),
                median(runs, Stats::firstTokenNanos),
                median(runs, Stats::totalNanos),
                first.tokens(),
                first.cacheBytes(),
                peakBytes);
    }

    private static double median(List<Stats> runs, ToDoubleFunction<Stats> value) {
        double[] sorted = runs.stream().mapToDouble(value).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1
                ? sorted[half]
                : Arrays.stream(sorted, half - 1, half + 1).sum() / 2;
    }

    double nanos(Stage stage) {
        return nanos.getOrDefault(stage, 0.0);
    }

    long operations(Stage stage) {
        return operations.getOrDefault(stage, 0L);
    }

    /// Operations per second of a stage.
    double speed(Stage stage) {
        return nanos(stage) == 0 ? 0 : operations(stage) / nanos(stage) * 1e9;
    }

    /// New tokens per second of the whole request.
    double tokensPerSecond() {
        return newTokens * 1e9 / totalNanos;
    }

    /// New tokens per second after the first.
    double decodeTokensPerSecond() {
        return newTokens < 2 ? 0 : (newTokens - 1) * 1e9 / nanos(Stage.DECODE);
    }
}
