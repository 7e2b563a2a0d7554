package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.avx512.Assembler;
import dev.fovea.kernel.emitted.avx512.Bf16Code;
import dev.fovea.kernel.emitted.avx512.SoftmaxCode;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.EnumMap;
import java.util.Map;

/// Products of attention of many rows in bf16, sums in binary32, by machine code. A pair is two bf16 numbers side by
/// side, the first in the lower half of 32 bits; its products are added together. Segments are on or off the heap, and
/// each routine checks that they hold what it touches.
public final class Bf16Routines {
    public static final int LANES = 16;

    /// Lanes of a panel.
    public static final int WIDTH = 2 * LANES;

    /// Rows of a tile.
    public static final int TILE_ROWS = 8;

    /// Most numbers of a row of keys or values, and bytes from row to row of each: a cache line more, so that the rows
    /// do not compete for the same lines.
    public static final int MOST_DIMS = 256;

    public static final int KEY_BYTES = 2 * MOST_DIMS + 64;
    public static final int VALUE_BYTES = 4 * MOST_DIMS + 64;

    private final Map<Format, MethodHandle> halves = new EnumMap<>(Format.class);
    private final Map<Format, MethodHandle> pairs = new EnumMap<>(Format.class);
    private final MethodHandle scores;
    private final MethodHandle values;
    private final MethodHandle exponentials;
    private final PanelRoutines panels;
    private final MemorySegment order; // [2 * LANES] of 16 bits: numbers of two halves alternate

    /// @param arena how long the code lives
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run it
    Bf16Routines(Arena arena) {
        Processor.here().requireAvx512Bf16();
        FunctionDescriptor convert =
                FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
        FunctionDescriptor product = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
        Assembler code = new Assembler();
        Map<Format, int[]> at = new EnumMap<>(Format.class);
        for (Format format : new Format[] {Format.F32, Format.F16}) {
            int halvesAt = code.here();
            Bf16Code.halves(code, format);
            int pairsAt = code.here();
            Bf16Code.pairs(code, format);
            at.put(format, new int[] {halvesAt, pairsAt});
        }
        int scoresAt = code.here();
        Bf16Code.tiles(code, KEY_BYTES, 4, false);
        int valuesAt = code.here();
        Bf16Code.tiles(code, 4, VALUE_BYTES, true);
        int exponentialsAt = code.here();
        SoftmaxCode.exponentials(code);
        MemorySegment memory = Pages.executable(code.code(), arena);
        at.forEach((format, both) -> {
            halves.put(format, handle(memory, both[0], convert));
            pairs.put(format, handle(memory, both[1], convert));
        });
        scores = handle(memory, scoresAt, product);
        values = handle(memory, valuesAt, product.appendArgumentLayouts(ADDRESS));
        exponentials = handle(
                memory,
                exponentialsAt,
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        order = arena.allocate(2L * WIDTH, 64);
        for (int i = 0; i < WIDTH; i++) {
            order.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (i / 2 + i % 2 * LANES));
        }
        panels = new PanelRoutines(order, arena);
    }

    PanelRoutines panels() {
        return panels;
    }

    @SuppressWarnings("restricted") // bounds are checked before each call
    private static MethodHandle handle(MemorySegment memory, int at, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(memory.asSlice(at), type, Linker.Option.critical(true));
    }

    /// Rounds rows to bf16.
    ///
    /// @param from   row `r` of `vectors * LANES` numbers at byte `r * stride`
    /// @param to     row `r` at byte `r * toStride`
    void halves(
            Format format, MemorySegment from, long stride, int rows, int vectors, MemorySegment to, long toStride) {
        convert(halves, format, from, stride, rows, rows, vectors, to, toStride, 2L * LANES * vectors);
    }

    /// Rounds rows to bf16 and joins each even row with the one after it to a row of pairs.
    ///
    /// @param from   row `r` of `vectors * LANES` numbers at byte `r * stride`; a last row without another is
    ///               joined with itself
    /// @param to     pair row `r` at byte `r * toStride`
    void pairs(Format format, MemorySegment from, long stride, int rows, int vectors, MemorySegment to, long toStride) {
        long bytes = 4L * LANES * vectors;
        convert(pairs, format, from, stride, rows / 2, rows / 2 * 2, vectors, to, toStride, bytes);
        if (rows % 2 == 1) {
            MemorySegment last = from.asSlice((rows - 1L) * stride);
            convert(pairs, format, last, 0, 1, 1, vectors, to.asSlice(rows / 2 * toStride), toStride, bytes);
        }
    }

    private static void convert(
            Map<Format, MethodHandle> routines,
            Format format,
            MemorySegment from,
            long stride,
            int rows,
            int read,
            int vectors,
            MemorySegment to,
            long toStride,
            long bytes) {
        if (rows == 0) {
            return;
        }
        MemorySegment source =
                from.asSlice(0, MachineRoutines.strided(read, stride, format.bytes((long) vectors * LANES)));
        MemorySegment target = writable(to.asSlice(0, MachineRoutines.strided(rows, toStride, bytes)));
        MethodHandle routine = routines.get(format);
        if (routine == null || vectors < 1) {
            throw new IllegalArgumentException("no machine code for " + vectors + " vectors of " + format);
        }
        try {
            routine.invokeExact(source, stride, (long) rows, (long) vectors, target, toStride);
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    /// `scores = keys × panel`.
    ///
    /// @param keys   row `r` of `pairs` pairs at byte `r * KEY_BYTES`
    /// @param panel  `[pairs][WIDTH]` pairs
    /// @param scores `[tiles * TILE_ROWS][WIDTH]` floats, overwritten
    void scores(MemorySegment keys, MemorySegment panel, MemorySegment scores, int pairs, int tiles) {
        requireSome(pairs, tiles);
        MemorySegment left = keys.asSlice(0, MachineRoutines.strided(tiles * TILE_ROWS, KEY_BYTES, 4L * pairs));
        MemorySegment right = panel.asSlice(0, 4L * WIDTH * pairs);
        MemorySegment to = writable(scores.asSlice(0, 4L * WIDTH * TILE_ROWS * tiles));
        try {
            this.scores.invokeExact(left, right, to, (long) pairs, (long) tiles);
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    /// `sums = sums · factors + values × weights`, values by columns.
    ///
    /// @param values  row `r` of `tiles * TILE_ROWS` pairs at byte `r * VALUE_BYTES`
    /// @param weights `[pairs][WIDTH]` pairs
    /// @param factors `[WIDTH]` floats
    /// @param sums    `[tiles * TILE_ROWS][WIDTH]` floats
    void add(
            MemorySegment values,
            MemorySegment weights,
            MemorySegment factors,
            MemorySegment sums,
            int pairs,
            int tiles) {
        requireSome(pairs, tiles);
        MemorySegment left = values.asSlice(0, MachineRoutines.strided(pairs, VALUE_BYTES, 4L * TILE_ROWS * tiles));
        MemorySegment right = weights.asSlice(0, 4L * WIDTH * pairs);
        MemorySegment by = factors.asSlice(0, 4L * WIDTH);
        MemorySegment to = writable(sums.asSlice(0, 4L * WIDTH * TILE_ROWS * tiles));
        try {
            this.values.invokeExact(left, right, to, (long) pairs, (long) tiles, by);
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    /// One block of a softmax to the base 2 that goes on over blocks, for each lane: writes `2^(score - largest)` as
    /// pairs of bf16, and brings up to date what earlier blocks left. Powers have a relative error of 1.5e-7 before
    /// they are rounded.
    ///
    /// @param scores  `[2 * pairs][WIDTH]` floats
    /// @param weights `[pairs][WIDTH]` pairs, written
    /// @param largest `[WIDTH]` floats: the largest score of earlier blocks, then of this one too
    /// @param totals  `[WIDTH]` floats: the sum of the powers of earlier blocks, then shrunk and of this one too
    /// @param shrink  `[WIDTH]` floats, written: `2^(largest before - largest now)`
    void exponentials(
            MemorySegment scores,
            MemorySegment weights,
            int pairs,
            MemorySegment largest,
            MemorySegment totals,
            MemorySegment shrink) {
        requireSome(pairs, 1);
        MemorySegment from = scores.asSlice(0, 8L * WIDTH * pairs);
        MemorySegment to = writable(weights.asSlice(0, 4L * WIDTH * pairs));
        MemorySegment most = writable(largest.asSlice(0, 4L * WIDTH));
        MemorySegment sums = writable(totals.asSlice(0, 4L * WIDTH));
        MemorySegment less = writable(shrink.asSlice(0, 4L * WIDTH));
        try {
            exponentials.invokeExact(from, to, (long) pairs, most, sums, less, order);
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    private static void requireSome(int pairs, int tiles) {
        if (pairs < 1 || tiles < 1) {
            throw new IllegalArgumentException(pairs + " pairs, " + tiles + " tiles");
        }
    }

    static MemorySegment writable(MemorySegment segment) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("read-only: " + segment);
        }
        return segment;
    }
}
