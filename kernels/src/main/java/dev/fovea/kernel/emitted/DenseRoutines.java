package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.avx512.Assembler;
import dev.fovea.kernel.emitted.avx512.Bf16Code;
import dev.fovea.kernel.emitted.avx512.DenseCode;
import dev.fovea.kernel.emitted.avx512.DenseCode.End;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Products of many rows with packed weights in bf16 or int8, by machine code. Segments are on or off the heap,
/// and each routine checks that they hold what it touches.
///
/// What is computed is defined by [dev.fovea.kernel.packed.Arithmetic], bit for bit in int8.
public final class DenseRoutines {
    /// Rows of a tile.
    public static final int TILE_ROWS = 6;

    /// Vectors of a strip, and its outputs.
    public static final int VECTORS = 4;

    public static final int OUTPUTS = 16 * VECTORS;

    /// Numbers of four bytes of a row that one round of the inner loop takes.
    public static final int STEPS = 4;

    /// Fewest rounds: 64 inputs of one byte.
    public static final int LEAST_ROUNDS = 4;

    /// Rows whose largest magnitude is below this are zeros.
    public static final float LEAST = 1e-30f;

    /// Inputs that are rounded together.
    public static final int ROUNDED = 64;

    private static final int LANES = 16;

    private final Compute compute;
    private final MethodHandle[] first = new MethodHandle[TILE_ROWS]; // of 1 … TILE_ROWS rows
    private final MethodHandle[] next = new MethodHandle[TILE_ROWS];
    private final MethodHandle round;

    /// @param compute bf16 or int8
    /// @param arena   how long the code lives
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run it
    DenseRoutines(Compute compute, Arena arena) {
        boolean bytes = compute == Compute.INT8;
        if (bytes) {
            Processor.here().requireAvx512Vnni();
        } else {
            Processor.here().requireAvx512Bf16();
        }
        this.compute = compute;
        Assembler code = new Assembler();
        int[] firstAt = new int[TILE_ROWS];
        int[] nextAt = new int[TILE_ROWS];
        for (int i = 0; i < TILE_ROWS; i++) {
            firstAt[i] = code.here();
            DenseCode.tiles(code, bytes ? End.SCALE : End.ADD_BIAS, i + 1);
            nextAt[i] = code.here();
            DenseCode.tiles(code, bytes ? End.SCALE : End.ADD, i + 1);
        }
        int roundAt = code.here();
        if (bytes) {
            DenseCode.quantise(code);
        } else {
            Bf16Code.halves(code, Format.F32);
        }
        MemorySegment memory = Pages.executable(code.code(), arena);
        FunctionDescriptor tiles = FunctionDescriptor.ofVoid(
                ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);
        for (int i = 0; i < TILE_ROWS; i++) {
            first[i] = handle(memory, firstAt[i], tiles);
            next[i] = handle(memory, nextAt[i], tiles);
        }
        FunctionDescriptor rows =
                FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
        round = handle(memory, roundAt, bytes ? rows.appendArgumentLayouts(ADDRESS) : rows);
    }

    @SuppressWarnings("restricted") // bounds are checked before each call
    private static MethodHandle handle(MemorySegment memory, int at, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(memory.asSlice(at), type, Linker.Option.critical(true));
    }

    Compute compute() {
        return compute;
    }

    /// Rounds rows as [dev.fovea.kernel.packed.Arithmetic#activations] does, where they are finite.
    ///
    /// @param x       rows of `cols` floats, a multiple of ROUNDED
    /// @param to      rows of `cols` numbers
    /// @param scales  `[rows]` floats, written in int8
    void round(Rows x, int rows, int cols, Rows to, MemorySegment scales) {
        if (rows < 1 || cols < ROUNDED || cols % ROUNDED != 0) {
            throw new IllegalArgumentException(
                    "rounds " + ROUNDED + " inputs together, not " + rows + " rows of " + cols);
        }
        MemorySegment from = x.touched(rows, 4L * cols);
        MemorySegment touched = to.written(rows, compute == Compute.INT8 ? cols : 2L * cols);
        try {
            if (compute == Compute.INT8) {
                MemorySegment written = Bf16Routines.writable(scales.asSlice(0, 4L * rows));
                long quads = cols / ROUNDED;
                round.invokeExact(from, x.stride(), (long) rows, quads, touched, to.stride(), written);
            } else {
                long vectors = cols / LANES;
                round.invokeExact(from, x.stride(), (long) rows, vectors, touched, to.stride());
            }
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    /// `y = a w`, and what [Part] says of a product's first part, or of a later one.
    ///
    /// @param a      rows of `rounds * STEPS` numbers of four bytes
    /// @param scales of the rows, in int8
    /// @param y      rows of OUTPUTS floats
    void multiply(Rows a, Part w, MemorySegment scales, int rows, Rows y) {
        int whole = rows / TILE_ROWS * TILE_ROWS;
        if (whole > 0) {
            tiles(a, w, scales, whole, TILE_ROWS, y);
        }
        if (whole < rows) {
            long perRow = compute == Compute.INT8 ? 4L : 0;
            tiles(a.from(whole), w, scales.asSlice(perRow * whole), rows - whole, rows - whole, y.from(whole));
        }
    }

    /// @param height rows of a tile
    private void tiles(Rows a, Part w, MemorySegment scales, int rows, int height, Rows y) {
        if (w.rounds < LEAST_ROUNDS) {
            throw new IllegalArgumentException("expected at least " + LEAST_ROUNDS + " rounds, found " + w.rounds);
        }
        MemorySegment left = a.touched(rows, 4L * STEPS * w.rounds);
        MemorySegment right = w.weights.asSlice(0, 4L * OUTPUTS * STEPS * w.rounds);
        MemorySegment to = y.written(rows, 4L * OUTPUTS);
        boolean bytes = compute == Compute.INT8;
        MemorySegment perRow = scales.asSlice(0, bytes ? 4L * rows : 0);
        MemorySegment notes = w.notes.asSlice(0, 4L * OUTPUTS * (bytes ? 3 : 1));
        try {
            MethodHandle code = (w.first ? first : next)[height - 1];
            long tiles = rows / height;
            code.invokeExact(left, a.stride(), right, (long) w.rounds, to, y.stride(), tiles, perRow, notes);
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    /// Some of the inputs of a strip.
    ///
    /// @param weights `[rounds * STEPS][OUTPUTS]` numbers of four bytes
    /// @param first   in bf16, whether the bias is added to the sums, or else what `y` holds
    /// @param notes   in int8 `[3][OUTPUTS]` offsets, scales and biases; in bf16 `[OUTPUTS]` biases
    record Part(MemorySegment weights, int rounds, boolean first, MemorySegment notes) {}
}
