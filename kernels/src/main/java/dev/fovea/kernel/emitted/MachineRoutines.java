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
/// What reads or writes arrays is called as critical, which holds up the garbage collector for so long and copies
/// nothing; who calls keeps that short.
final class MachineRoutines implements Routines {
    private static final Format[] FORMATS = {Format.Q8_0, Format.Q4_0};

    private final MethodHandle quantise;
    private final Map<Format, MethodHandle> firstTiles = new EnumMap<>(Format.class);
    private final Map<Format, MethodHandle> nextTiles = new EnumMap<>(Format.class);
    private final Map<Format, MethodHandle> unpack = new EnumMap<>(Format.class);
    private final Map<Format, MethodHandle> oneRow = new EnumMap<>(Format.class);

    /// @param code  empty, of a family that this processor runs
    /// @param arena how long the code lives
    /// @throws UnsupportedOperationException with the reason, where the system cannot run it
    MachineRoutines(RoutineCode code, Arena arena) {
        int quantiseAt = at(code, RoutineCode::quantise);
        Map<Format, Integer> firstTilesAt = new EnumMap<>(Format.class);
        Map<Format, Integer> nextTilesAt = new EnumMap<>(Format.class);
        Map<Format, Integer> unpackAt = new EnumMap<>(Format.class);
        Map<Format, Integer> oneRowAt = new EnumMap<>(Format.class);
        for (Format format : FORMATS) {
            firstTilesAt.put(format, at(code, to -> to.tiles(format, true)));
            nextTilesAt.put(format, at(code, to -> to.tiles(format, false)));
            unpackAt.put(format, at(code, to -> to.unpack(format)));
            oneRowAt.put(format, at(code, to -> to.oneRow(format)));
        }
        MemorySegment memory = Pages.executable(code.code().code(), arena);
        Linker.Option critical = Linker.Option.critical(true);
        FunctionDescriptor rows =
                FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
        quantise = handle(memory, quantiseAt, rows, critical);
        FunctionDescriptor tiles = FunctionDescriptor.ofVoid(
                ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);
        firstTilesAt.forEach((format, at) -> firstTiles.put(format, handle(memory, at, tiles, critical)));
        nextTilesAt.forEach((format, at) -> nextTiles.put(format, handle(memory, at, tiles, critical)));
        unpackAt.forEach((format, at) ->
                unpack.put(format, handle(memory, at, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG))));
        FunctionDescriptor product =
                FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
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
    public void quantise(Rows x, int rows, int spans, MemorySegment to, long stride) {
        if (spans == 0) {
            return;
        }
        MemorySegment from = x.touched(rows, 4L * SPAN * spans);
        MemorySegment touched = Bf16Routines.writable(to.asSlice(0, strided(spans, stride, (long) rows * SPAN_BYTES)));
        try {
            quantise.invokeExact(from, x.stride(), (long) rows, (long) spans, touched, stride);
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
    public void tiles(Strip strip, Rows a, int tiles, MemorySegment bias, Rows y) {
        int spans = strip.spans();
        if (spans < 1) {
            throw new IllegalArgumentException("expected spans to multiply, found " + spans);
        }
        MemorySegment rows = a.touched(tiles, (long) spans * TILE_ROWS * SPAN_BYTES);
        MemorySegment weights = strip.blocks().asSlice(0, (long) spans * BLOCKS * STRIP_BLOCK_BYTES);
        MemorySegment added = bias.asSlice(0, 4L * TILE_OUTPUTS);
        MemorySegment to = y.written(Math.multiplyExact(tiles, TILE_ROWS), 4L * TILE_OUTPUTS);
        MethodHandle code = of(strip.first() ? firstTiles : nextTiles, strip.format());
        try {
            code.invokeExact(rows, a.stride(), weights, (long) spans, to, y.stride(), (long) tiles, added);
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
