package dev.fovea.kernel.packed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Memory off the heap that grows and is used again and again. For one thread at a time.
final class Buffer implements AutoCloseable {
    /// Vectors do not straddle cache lines.
    private static final int ALIGNMENT = 64;

    private @Nullable Arena arena;
    private MemorySegment bytes = MemorySegment.NULL;

    /// At least so many bytes, contents undefined; invalid after the next call that asks for more.
    MemorySegment atLeast(long size) {
        if (bytes.byteSize() < size) {
            close();
            arena = Arena.ofShared();
            bytes = arena.allocate(size, ALIGNMENT);
        }
        return bytes;
    }

    @Override
    public void close() {
        bytes = MemorySegment.NULL;
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }
}
