package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/// The routines in machine code.
///
/// Each address that is handed over is that of a slice of just the bytes that the code touches, so that
/// segments which are too small fail before the call. The calls keep the segments' arenas open.
///
/// What reads or writes arrays runs for some microseconds and is called as critical, which holds up the garbage
/// collector for so long and copies nothing; the long products use memory off the heap alone.
final class MachineRoutines implements Routines {
    private static final Format[] FORMATS = {Format.Q8_0, Format.Q4_0};

    private final MethodHandle quantise;
    private final MethodHandle store;
    private final Map<Format, MethodHandle> tiles = new EnumMap<>(Format.class);
    private final Map<Format, MethodHandle> unpack = new EnumMap<>(Format.class);
    private final Map<Format, MethodHandle> oneRow = new EnumMap<>(Format.class);

    /// @param code  empty, of a family that this processor runs
    /// @param arena how long the code lives
    /// @throws UnsupportedOperationException with the reason, where the system cannot run it
    MachineRoutines(RoutineCode code, Arena arena) {
        int quantiseAt = at(code, RoutineCode::quantise);
        int storeAt = at(code, RoutineCode::store);
        Map<Format, Integer> tilesAt = new EnumMap<>(Format.class);
        Map<Format, Integer> unpackAt = new EnumMap<>(Format.class);
        Map<Format, Integer> oneRowAt = new EnumMap<>(Format.class);
        for (Format format : FORMATS) {
            tilesAt.put(format, at(code, to -> to.tiles(format)));
            unpackAt.put(format, at(code, to -> to.unpack(format)));
            oneRowAt.put(format, at(code, to -> to.oneRow(format)));
        }
        MemorySegment memory = ExecutableMemory.of(code.code().code(), arena);
        FunctionDescriptor product =
                FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
        Linker.Option critical = Linker.Option.critical(true);
        quantise =
                handle(memory, quantiseAt, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG), critical);
        store = handle(
                memory, storeAt, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG), critical);
        tilesAt.forEach((format, at) -> tiles.put(format, handle(memory, at, product)));
        unpackAt.forEach((format, at) ->
                unpack.put(format, handle(memory, at, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG))));
        oneRowAt.forEach((format, at) -> oneRow.put(format, handle(memory, at, product)));
    }

    /// Writes a routine and says where it begins.
    private static int at(RoutineCode code, Consumer<RoutineCode> routine) {
        int at = code.code().here();
        routine.accept(code);
        return at;
    }

    @SuppressWarnings("restricted") // bounds are checked before each call
    private static MethodHandle handle(
            MemorySegment memory, int at, FunctionDescriptor type, Linker.Option... options) {
        return Linker.nativeLinker().downcallHandle(memory.asSlice(at), type, options);
    }

    @Override
    public void quantise(MemorySegment x, int spans, MemorySegment to, long stride) {
        if (spans == 0) {
            return;
        }
        MemorySegment from = x.asSlice(0, 4L * SPAN * spans);
        MemorySegment touched = to.asSlice(0, strided(spans, stride, SPAN_BYTES));
        try {
            quantise.invokeExact(from, touched, stride, (long) spans);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    @Override
    public void unpack(Format format, MemorySegment w, int spans, MemorySegment strip, int half) {
        if (spans == 0) {
            return;
        }
        MemorySegment from = w.asSlice(0, (long) spans * Interleaved.tileBytes(format));
        MemorySegment whole = strip.asSlice(0, (long) spans * BLOCKS * STRIP_BLOCK_BYTES);
        MemorySegment touched = whole.asSlice(64L * (half & 1));
        try {
            of(unpack, format).invokeExact(from, touched, (long) spans);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    @Override
    public void oneRow(
            Format format, MemorySegment a, long stride, MemorySegment w, int spans, int groups, MemorySegment y) {
        if (groups == 0 || spans == 0) {
            y.asSlice(0, 64L * groups).fill((byte) 0);
            return;
        }
        MemorySegment row = a.asSlice(0, strided(spans, stride, SPAN_BYTES));
        long weightBytes = Math.multiplyExact((long) spans * Interleaved.tileBytes(format), groups);
        MemorySegment weights = w.asSlice(0, weightBytes);
        MemorySegment touched = y.asSlice(0, 64L * groups);
        try {
            of(oneRow, format).invokeExact(row, stride, weights, touched, (long) spans, (long) groups);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    @Override
    public void tiles(
            Format format,
            MemorySegment a,
            long stride,
            MemorySegment strip,
            int spans,
            int count,
            MemorySegment sums) {
        if (spans == 0 || count == 0) {
            return;
        }
        MemorySegment rows = a.asSlice(0, strided(spans, stride, (long) count * TILE_ROWS * SPAN_BYTES));
        MemorySegment weights = strip.asSlice(0, (long) spans * BLOCKS * STRIP_BLOCK_BYTES);
        MemorySegment touched = sums.asSlice(0, 4L * TILE_OUTPUTS * TILE_ROWS * count);
        try {
            of(tiles, format).invokeExact(rows, stride, weights, touched, (long) spans, (long) count);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    @Override
    public void store(MemorySegment sums, MemorySegment bias, int rows, MemorySegment y, long stride) {
        if (rows == 0) {
            return;
        }
        MemorySegment from = sums.asSlice(0, 4L * TILE_OUTPUTS * rows);
        MemorySegment added = bias.asSlice(0, 4L * TILE_OUTPUTS);
        MemorySegment touched = y.asSlice(0, strided(rows, stride, 4L * TILE_OUTPUTS));
        try {
            store.invokeExact(from, added, touched, stride, (long) rows);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /// Bytes from the first of `count` pieces, `stride` apart, to the end of the last.
    static long strided(int count, long stride, long piece) {
        if (count < 1 || stride < 0 || count > 1 && stride < piece) {
            throw new IllegalArgumentException(count + " pieces of " + piece + " bytes, " + stride + " apart");
        }
        return Math.addExact(Math.multiplyExact(count - 1L, stride), piece);
    }

    private static MethodHandle of(Map<Format, MethodHandle> handles, Format format) {
        MethodHandle handle = handles.get(format);
        if (handle == null) {
            throw new IllegalArgumentException("no machine code for " + format);
        }
        return handle;
    }

    static RuntimeException failure(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException exception ? exception : new IllegalStateException(e);
    }
}
