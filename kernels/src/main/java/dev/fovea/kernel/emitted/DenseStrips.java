package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.DenseRoutines.OUTPUTS;
import static dev.fovea.kernel.emitted.DenseRoutines.STEPS;
import static dev.fovea.kernel.emitted.DenseRoutines.TILE_ROWS;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.emitted.DenseRoutines.Part;
import dev.fovea.kernel.packed.Arithmetic;
import dev.fovea.kernel.packed.Strips;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Strips of 64 outputs by machine code, results written where they belong. Outputs that do not fill a strip are
/// computed aside and copied.
final class DenseStrips implements Strips {
    /// Most tiles of a task, and of a call, during which the collector waits.
    private static final int TILES = 48;

    /// Bytes of inputs of a task, some 100 µs, so that no worker waits long for another; but more than FEWEST_TILES.
    private static final int TASK_BYTES = TILES << 10;

    private static final int FEWEST_TILES = 16;

    /// Bytes of inputs that pass by at once in bf16: 512 KB of a strip stay in the second cache level.
    private static final int PART_BYTES = 8192;

    /// A cache line more than the numbers, so that six rows do not compete for the same lines.
    private static final int GAP = 64;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final DenseRoutines routines;
    private final Arithmetic arithmetic;
    private final Arena arena;
    private final Scratch scratch;

    private DenseStrips(DenseRoutines routines, Workers workers, Arena arena) {
        this.routines = routines;
        this.arithmetic = Arithmetic.of(routines.compute());
        this.arena = arena;
        this.scratch = new Scratch(workers, arena);
    }

    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run machine code
    static DenseStrips create(Compute compute, Workers workers) {
        Arena arena = Arena.ofShared();
        try {
            return new DenseStrips(new DenseRoutines(compute, arena), workers, arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public Arithmetic arithmetic() {
        return arithmetic;
    }

    @Override
    public int outputs() {
        return OUTPUTS;
    }

    @Override
    public int tileRows() {
        return TILE_ROWS;
    }

    @Override
    public int tiles(int depth) {
        return Math.clamp(TASK_BYTES / (depth * arithmetic.elementBytes()), FEWEST_TILES, TILES);
    }

    @Override
    public long rowBytes(int depth) {
        return (long) depth * arithmetic.elementBytes() + GAP;
    }

    @Override
    public boolean serves(int rows, int outs, int depth) {
        return true;
    }

    @Override
    public void convert(Tensor x, int begin, int end, int depth, Activations to) {
        int cols = x.cols();
        long at = begin * to.rowBytes();
        if (cols == depth) {
            MemorySegment from = MemorySegment.ofArray(x.data()).asSlice(4L * x.at(begin));
            MemorySegment scales = MemorySegment.ofArray(to.scales()).asSlice(4L * begin);
            Rows rounded = new Rows(to.values().asSlice(at), to.rowBytes());
            routines.round(new Rows(from, 4L * x.stride()), end - begin, cols, rounded, scales);
            return;
        }
        for (int row = begin; row < end; row++) {
            to.scales()[row] =
                    arithmetic.activations(x.data(), x.at(row), cols, to.values(), row * to.rowBytes(), depth);
        }
    }

    @Override
    public void multiply(int worker, Activations activations, int begin, int end, Strip strip, Tensor y) {
        boolean narrow = strip.outs() < OUTPUTS; // does not fit in `y`
        long asideBytes = narrow ? 4L * OUTPUTS * (end - begin) : 0;
        MemorySegment memory = scratch.of(worker, 3 * 4L * OUTPUTS + asideBytes);
        MemorySegment notes = notes(strip, memory.asSlice(0, 3 * 4L * OUTPUTS));
        MemorySegment aside = memory.asSlice(3 * 4L * OUTPUTS, asideBytes);
        MemorySegment inPlace = MemorySegment.ofArray(y.data());
        long bytes = (long) strip.depth() * arithmetic.elementBytes();
        long partBytes = routines.compute() == Compute.INT8 ? bytes : PART_BYTES;
        for (long from = 0; from < bytes; from += partBytes) {
            int rounds = (int) (Math.min(partBytes, bytes - from) / (4 * STEPS));
            Part part = new Part(strip.weights().asSlice(from * OUTPUTS), rounds, from == 0, notes);
            int some;
            for (int row = begin; row < end; row += some) {
                some = end - row < (TILES + 1) * TILE_ROWS ? end - row : TILES * TILE_ROWS; // no call for a last row
                Rows to = narrow
                        ? new Rows(aside.asSlice(4L * OUTPUTS * (row - begin)), 4L * OUTPUTS)
                        : new Rows(inPlace.asSlice(4L * (y.at(row) + strip.first())), 4L * y.stride());
                rows(activations, row, from, part, some, to);
            }
        }
        for (int row = begin; narrow && row < end; row++) {
            MemorySegment.copy(
                    aside, FLOAT, 4L * OUTPUTS * (row - begin), y.data(), y.at(row) + strip.first(), strip.outs());
        }
    }

    /// @param from byte of the inputs
    private void rows(Activations activations, int row, long from, Part part, int count, Rows y) {
        long stride = activations.rowBytes();
        Rows a = new Rows(activations.values().asSlice(row * stride + from), stride);
        routines.multiply(a, part, MemorySegment.ofArray(activations.scales()).asSlice(4L * row), count, y);
    }

    private MemorySegment notes(Strip strip, MemorySegment to) {
        int biasAt = 0;
        if (routines.compute() == Compute.INT8) {
            MemorySegment.copy(strip.notes().offsets(), strip.noteAt(), to, ValueLayout.JAVA_INT, 0, OUTPUTS);
            MemorySegment.copy(strip.notes().scales(), strip.noteAt(), to, FLOAT, 4L * OUTPUTS, OUTPUTS);
            biasAt = 2 * 4 * OUTPUTS;
        }
        MemorySegment.copy(strip.bias(), 0, to, FLOAT, biasAt, OUTPUTS);
        return to;
    }

    @Override
    public void close() {
        arena.close();
    }
}
