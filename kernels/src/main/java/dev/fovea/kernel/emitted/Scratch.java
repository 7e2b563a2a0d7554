package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Memory off the heap that calls reuse: one piece for each worker and one that all may see. Grows by halves
/// and goes with the workers.
final class Scratch {
    /// A cache line, and the width of a vector.
    private static final int ALIGNMENT = 64;

    private final Arena arena;
    private final int threads;
    private final MemorySegment[] pieces; // [threads], then the shared one

    Scratch(Workers workers, Arena arena) {
        this.arena = arena;
        this.threads = workers.threads();
        this.pieces = new MemorySegment[threads + 1];
        Arrays.fill(pieces, MemorySegment.NULL);
    }

    /// At least `bytes` bytes, contents undefined, valid until the next call for that worker.
    MemorySegment of(int worker, long bytes) {
        return atLeast(worker, bytes);
    }

    /// At least `bytes` bytes that all workers may see. Must not be called from within a task.
    MemorySegment shared(long bytes) {
        return atLeast(threads, bytes);
    }

    private MemorySegment atLeast(int index, long bytes) {
        if (pieces[index].byteSize() < bytes) {
            pieces[index] = arena.allocate(bytes + bytes / 2, ALIGNMENT);
        }
        return pieces[index];
    }
}
