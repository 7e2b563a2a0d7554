package dev.fovea.engine;

import dev.fovea.kernel.CountingKernels;
import java.util.EnumMap;
import java.util.Map;

/// Takes the time and counts the operations of the stages of one request.
final class StatsRecorder {
    private final CountingKernels kernels;
    private final long begin = System.nanoTime();
    private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);
    private final Map<Stage, Long> operations = new EnumMap<>(Stage.class);
    private long stageBegin = begin;
    private long stageOperations;
    private long firstToken;

    StatsRecorder(CountingKernels kernels) {
        this.kernels = kernels;
        this.stageOperations = kernels.operations();
        for (Stage stage : Stage.values()) {
            nanos.put(stage, 0L);
            operations.put(stage, 0L);
        }
    }

    /// Books everything since the last call to a stage.
    void end(Stage stage) {
        long now = System.nanoTime();
        long count = kernels.operations();
        nanos.merge(stage, now - stageBegin, Long::sum);
        operations.merge(stage, count - stageOperations, Long::sum);
        stageBegin = now;
        stageOperations = count;
    }

    /// Leaves out what other sessions computed since.
    void resync() {
        stageOperations = kernels.operations();
    }

    void firstToken() {
        firstToken = System.nanoTime() - begin;
    }

    Map<Stage, Long> nanos() {
        return nanos;
    }

    Map<Stage, Long> operations() {
        return operations;
    }

    long firstTokenNanos() {
        return firstToken;
    }

    long totalNanos() {
        return System.nanoTime() - begin;
    }
}
