package dev.fovea.engine.family;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/// Memory of matrices that are made while a model is read, each of which can be given back before the others. What is
/// left is freed with its owner.
final class Copies {
    private final Map<Long, Arena> arenas = new HashMap<>(); // by address

    @SuppressWarnings("restricted") // only to be told when the owner closes
    Copies(Arena owner) {
        MemorySegment _ =
                owner.allocate(1).reinterpret(1, owner, _ -> arenas.values().forEach(Arena::close));
    }

    MemorySegment allocate(long bytes) {
        Arena arena = Arena.ofShared();
        MemorySegment memory = arena.allocate(bytes, 64);
        arenas.put(memory.address(), arena);
        return memory;
    }

    /// Frees memory that begins where one of these does; false where it is none of these.
    boolean release(MemorySegment memory) {
        Arena arena = arenas.remove(memory.address());
        if (arena != null) {
            arena.close();
        }
        return arena != null;
    }
}
