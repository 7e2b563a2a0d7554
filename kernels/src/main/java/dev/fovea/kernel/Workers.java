package dev.fovea.kernel;

/// A fixed set of threads that compute together. Owned and closed by whoever made it.
public final class Workers implements AutoCloseable {
    /// One unit of work.
    @FunctionalInterface
    public interface Task {
        /// @param task   which unit, `0 …`
        /// @param worker which thread runs it, `0 … threads - 1`; picks scratch memory, never the result
        void run(int task, int worker);
    }

    private final int threads;
    private float[][] scratch;

    public Workers(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, found " + threads);
        }
        this.threads = threads;
        this.scratch = new float[threads][0];
    }

    public int threads() {
        return threads;
    }

    /// Runs tasks `0 … tasks - 1` and returns when all are done. The split is static; the caller's thread takes part.
    /// An exception of a task is rethrown after the others have finished. Must not be called from within a task.
    public void forEach(int tasks, Task task) {
        for (int i = 0; i < tasks; i++) {
            task.run(i, 0);
        }
    }

    /// Scratch memory of one worker, at least `floats` long, contents undefined; valid until the next call for that
    /// worker.
    public float[] scratch(int worker, int floats) {
        if (scratch[worker].length < floats) {
            scratch[worker] = new float[floats];
        }
        return scratch[worker];
    }

    @Override
    public void close() {}
}
