package dev.fovea.kernel.emitted;

import java.lang.foreign.MemorySegment;

/// Pieces of memory, on or off the heap, that machine code reads or writes.
///
/// @param memory from the first piece on
/// @param stride bytes from piece to piece
public record Rows(MemorySegment memory, long stride) {
    /// Just what `count` pieces touch.
    ///
    /// @param bytes of a piece
    /// @throws IndexOutOfBoundsException if the memory ends before
    MemorySegment touched(int count, long bytes) {
        return memory.asSlice(0, MachineRoutines.strided(count, stride, bytes));
    }

    /// As [#touched], of memory that may be written.
    MemorySegment written(int count, long bytes) {
        return Bf16Routines.writable(touched(count, bytes));
    }

    /// From a later piece on.
    Rows from(int piece) {
        return new Rows(memory.asSlice(piece * stride), stride);
    }
}
