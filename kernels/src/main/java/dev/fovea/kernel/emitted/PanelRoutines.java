package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Bf16Routines.KEY_BYTES;
import static dev.fovea.kernel.emitted.Bf16Routines.LANES;
import static dev.fovea.kernel.emitted.Bf16Routines.TILE_ROWS;
import static dev.fovea.kernel.emitted.Bf16Routines.VALUE_BYTES;
import static dev.fovea.kernel.emitted.Bf16Routines.WIDTH;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fovea.kernel.emitted.avx512.Assembler;
import dev.fovea.kernel.emitted.avx512.PanelCode;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/// Whole panels of query rows in bf16: rows become lanes and lanes rows, and all panels of a task see a block of keys
/// in
/// one call. Segments are on or off the heap, and each routine checks that they hold what it touches.
public final class PanelRoutines {
    /// Columns that [#pack] turns together.
    public static final int PACKED = 2 * LANES;

    private final MethodHandle pack;
    private final MethodHandle unpack;
    private final MethodHandle attend;
    private final MemorySegment order; // as Bf16Routines has it

    /// @param arena how long the code lives
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run it
    PanelRoutines(MemorySegment order, Arena arena) {
        Assembler code = new Assembler();
        PanelCode.pack(code);
        int unpackAt = code.here();
        PanelCode.unpack(code);
        int attendAt = code.here();
        PanelCode.attend(code);
        MemorySegment memory = Pages.executable(code.code(), arena);
        FunctionDescriptor packing = FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
        FunctionDescriptor unpacking = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
        pack = handle(memory, 0, packing);
        unpack = handle(memory, unpackAt, unpacking);
        attend = handle(memory, attendAt, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS));
        this.order = order;
    }

    @SuppressWarnings("restricted") // bounds are checked before each call
    private static MethodHandle handle(MemorySegment memory, int at, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(memory.asSlice(at), type, Linker.Option.critical(true));
    }

    /// Rounds WIDTH rows of `cols` floats, times `scale`, to the lanes of a panel.
    ///
    /// @param cols  a multiple of PACKED
    /// @param panel `[cols / 2][WIDTH]` pairs
    void pack(Rows x, int cols, float scale, MemorySegment panel) {
        requireWhole(cols, PACKED);
        MemorySegment from = x.touched(WIDTH, 4L * cols);
        MemorySegment to = Bf16Routines.writable(panel.asSlice(0, 2L * cols * WIDTH));
        try {
            pack.invokeExact(from, x.stride(), (long) cols / PACKED, to, (long) Float.floatToRawIntBits(scale));
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    /// Writes the lanes of a panel, each times its factor, as WIDTH rows.
    ///
    /// @param panel   `[cols][WIDTH]` floats
    /// @param factors `[WIDTH]` floats
    /// @param cols    a multiple of LANES
    void unpack(MemorySegment panel, MemorySegment factors, int cols, Rows y) {
        requireWhole(cols, LANES);
        MemorySegment from = panel.asSlice(0, 4L * cols * WIDTH);
        MemorySegment by = factors.asSlice(0, 4L * WIDTH);
        MemorySegment to = y.written(WIDTH, 4L * cols);
        try {
            unpack.invokeExact(from, by, (long) cols / LANES, to, y.stride());
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    private static void requireWhole(int cols, int step) {
        if (cols < 1 || cols % step != 0) {
            throw new IllegalArgumentException("expected columns in steps of " + step + ", found " + cols);
        }
    }

    /// What the code reads of a [Plan], as longs one after the other; places are bytes from the beginning of the
    /// memory.
    public static final int KEYS = 0, VALUES = 1, QUERIES = 2, SCORES = 3, WEIGHTS = 4, SUMS = 5, LARGEST = 6;
    public static final int TOTALS_BEHIND_LARGEST = 7, SHRINK = 8, HIDDEN = 9, DIM_PAIRS = 10, KEY_PAIRS = 11;
    public static final int SCORE_TILES = 12, VALUE_TILES = 13, PANELS = 14, QUERY_BYTES = 15, FIELDS = 16;

    /// Where everything is, in bytes from the beginning of one piece of memory.
    ///
    /// @param keys    rows of KEY_BYTES
    /// @param values  rows of VALUE_BYTES: pairs of two keys
    /// @param queries `[panels][headDim / 2][WIDTH]` pairs
    /// @param scores  `[a multiple of TILE_ROWS, and one more][WIDTH]` floats
    /// @param weights `[half as many][WIDTH]` pairs
    /// @param sums    `[panels][headDim][WIDTH]` floats
    /// @param largest `[panels][WIDTH]` floats
    /// @param totals  `[panels][WIDTH]` floats
    /// @param shrink  `[WIDTH]` floats
    /// @param headDim a multiple of TILE_ROWS
    record Plan(
            long keys,
            long values,
            long queries,
            long scores,
            long weights,
            long sums,
            long largest,
            long totals,
            long shrink,
            int headDim) {}

    /// What [Bf16Routines#scores], [Bf16Routines#exponentials] and [Bf16Routines#add] do, for panels
    /// `first … end - 1` and the first `count` keys of a block, all of which they see.
    void attend(MemorySegment memory, Plan plan, int first, int end, int count) {
        long dims = plan.headDim;
        int panels = end - first;
        if (panels < 1 || first < 0 || count < 1 || dims < 1 || dims % TILE_ROWS != 0) {
            throw new IllegalArgumentException(
                    "expected panels, keys and whole tiles, found " + panels + ", " + count + ", " + dims);
        }
        long tiles = Math.ceilDiv(count, TILE_ROWS);
        long pairs = Math.ceilDiv(count, 2);
        long row = 4L * WIDTH;
        long queryBytes = dims / 2 * row;
        long[] fields = new long[FIELDS];
        fields[KEYS] = held(memory, plan.keys, tiles * TILE_ROWS * KEY_BYTES);
        fields[VALUES] = held(memory, plan.values, pairs * VALUE_BYTES);
        fields[QUERIES] = held(memory, plan.queries + first * queryBytes, panels * queryBytes);
        fields[SCORES] = held(memory, plan.scores, Math.max(tiles * TILE_ROWS, count + 1L) * row);
        fields[HIDDEN] = plan.scores + count * row;
        fields[WEIGHTS] = held(memory, plan.weights, pairs * row);
        fields[SUMS] = held(memory, plan.sums + first * dims * row, panels * dims * row);
        fields[LARGEST] = held(memory, plan.largest + first * row, panels * row);
        long totals = held(memory, plan.totals + first * row, panels * row);
        fields[TOTALS_BEHIND_LARGEST] = totals - plan.largest - first * row;
        fields[SHRINK] = held(memory, plan.shrink, row);
        fields[DIM_PAIRS] = dims / 2;
        fields[KEY_PAIRS] = pairs;
        fields[SCORE_TILES] = tiles;
        fields[VALUE_TILES] = dims / TILE_ROWS;
        fields[PANELS] = panels;
        fields[QUERY_BYTES] = queryBytes;
        try {
            attend.invokeExact(Bf16Routines.writable(memory), MemorySegment.ofArray(fields), order);
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    /// `at`, if so many bytes are there.
    private static long held(MemorySegment memory, long at, long bytes) {
        return Objects.checkFromIndexSize(at, bytes, memory.byteSize());
    }
}
