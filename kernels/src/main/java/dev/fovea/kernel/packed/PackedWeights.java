package dev.fovea.kernel.packed;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.packed.Arithmetic.Notes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Packed weights that are kept for the next product, up to a bound: whichever come first, which are the vision
/// tower's, whose products have the fewest rows and so gain most.
///
/// Only weights in read-only memory off the heap are kept, such as mapped files: others may change. Memory of the
/// file that is no longer read may leave, so this need not be a second copy. For one thread at a time.
final class PackedWeights implements AutoCloseable {
    /// What a matrix is known by. The scope keeps its address from being another's.
    private record Key(MemorySegment.Scope scope, long address, Format format, int rows, int cols) {}

    /// @param bytes blocks of 64 outputs, one after another
    /// @param fresh not yet filled
    record Packed(MemorySegment bytes, Notes notes, boolean fresh) {}

    private final long mostBytes;
    private final Arena arena = Arena.ofShared();
    private final Map<Key, Packed> kept = new HashMap<>();
    private long bytes;

    PackedWeights(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /// Where the packed weights of `w` are, or are to be written now and then [#filled]; empty where they are not
    /// kept.
    Optional<Packed> of(Matrix w, Arithmetic arithmetic) {
        if (!w.bytes().isNative() || !w.bytes().isReadOnly()) {
            return Optional.empty();
        }
        Packed known = kept.get(key(w));
        if (known != null) {
            return Optional.of(known);
        }
        int outs = Packer.padded(w.rows());
        long size = (long) outs * Packer.padded(w.cols()) * arithmetic.elementBytes();
        if (bytes + size > mostBytes) {
            return Optional.empty();
        }
        bytes += size;
        return Optional.of(new Packed(arena.allocate(size, 64), arithmetic.notes(outs), true));
    }

    /// That all of what [#of] gave is written.
    void filled(Matrix w, Packed packed) {
        kept.put(key(w), new Packed(packed.bytes, packed.notes, false));
    }

    long bytes() {
        return bytes;
    }

    private static Key key(Matrix w) {
        return new Key(w.bytes().scope(), w.bytes().address(), w.format(), w.rows(), w.cols());
    }

    @Override
    public void close() {
        kept.clear();
        arena.close();
    }
}
