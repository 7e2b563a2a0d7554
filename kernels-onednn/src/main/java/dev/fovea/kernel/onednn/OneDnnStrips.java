package dev.fovea.kernel.onednn;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.onednn.Primitive.Shape;
import dev.fovea.kernel.onednn.Primitive.Types;
import dev.fovea.kernel.packed.Arithmetic;
import dev.fovea.kernel.packed.Packer;
import dev.fovea.kernel.packed.Strips;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Sums by oneDNN off the heap, `ROWS` rows and a strip at a time, then scaled to where they belong.
final class OneDnnStrips implements Strips {
    /// Outputs at a time: with `ROWS`, sums and a strip of 4096 bf16 weights are about what the second cache level
    /// holds. Wider strips are no faster.
    static final int STRIP = 128;

    /// Rows at a time.
    static final int ROWS = 256;

    /// The library's kernels for fewer rows want another layout; rows beyond the last are computed in vain.
    private static final int FEWEST_ROWS = SPARE_ROWS;

    private final Arithmetic arithmetic;
    private final Dnnl dnnl;
    private final Primitives primitives;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] sums; // [threads] of [ROWS, STRIP]
    private final Primitive[][] compiled = new Primitive[2][2]; // of this product

    OneDnnStrips(Compute compute, Dnnl dnnl, int threads) {
        this.arithmetic = Arithmetic.of(compute);
        this.dnnl = dnnl;
        this.primitives = new Primitives(dnnl, types(compute), threads);
        this.sums = new MemorySegment[threads];
        for (int thread = 0; thread < threads; thread++) {
            sums[thread] = arena.allocate(4L * ROWS * STRIP, 64);
        }
    }

    private static Types types(Compute compute) {
        return switch (compute) {
            case F32 -> new Types(Dnnl.F32, Dnnl.F32, Dnnl.F32, 4);
            case BF16 -> new Types(Dnnl.BF16, Dnnl.BF16, Dnnl.F32, 2);
            case INT8 -> new Types(Dnnl.U8, Dnnl.S8, Dnnl.S32, 1);
        };
    }

    @Override
    public Arithmetic arithmetic() {
        return arithmetic;
    }

    @Override
    public int outputs() {
        return STRIP;
    }

    @Override
    public int tileRows() {
        return ROWS;
    }

    @Override
    public int tiles(int depth) {
        return Integer.MAX_VALUE;
    }

    @Override
    public long rowBytes(int depth) {
        return (long) depth * arithmetic.elementBytes();
    }

    /// Compiles the primitives of a product, by the rows and the outputs of a block: whole ones first, then what is
    /// left of them at the end.
    @Override
    public boolean serves(int rows, int outs, int depth) {
        int[] blockRows = {rows >= ROWS ? ROWS : 0, rows % ROWS};
        int[] blockCols = {Packer.padded(outs) >= STRIP ? STRIP : 0, Packer.padded(outs) % STRIP};
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                if (blockRows[i] > 0 && blockCols[j] > 0) {
                    Shape shape = new Shape(Math.max(blockRows[i], FEWEST_ROWS), blockCols[j], depth);
                    Optional<Primitive> primitive = primitives.of(shape);
                    if (primitive.isEmpty()) {
                        return false;
                    }
                    compiled[i][j] = primitive.get();
                }
            }
        }
        return true;
    }

    @Override
    public void convert(Tensor x, int begin, int end, int depth, Activations to) {
        for (int row = begin; row < end; row++) {
            to.scales()[row] =
                    arithmetic.activations(x.data(), x.at(row), x.cols(), to.values(), row * to.rowBytes(), depth);
        }
    }

    @Override
    public void multiply(int worker, Activations activations, int begin, int end, Strip strip, Tensor y) {
        dnnl.onOneThread();
        for (int row = begin; row < end; row += ROWS) {
            int rows = Math.min(ROWS, end - row);
            Primitive primitive = compiled[rows == ROWS ? 0 : 1][strip.padded() == STRIP ? 0 : 1];
            MemorySegment from = activations.values().asSlice(row * activations.rowBytes());
            primitive.run(worker, from, strip.weights(), sums[worker]);
            for (int r = 0; r < rows; r++) {
                arithmetic.sums(
                        sums[worker],
                        4L * r * strip.padded(),
                        strip.outs(),
                        activations.scales()[row + r],
                        strip.notes(),
                        strip.noteAt(),
                        strip.bias(),
                        y.data(),
                        y.at(row + r) + strip.first());
            }
        }
    }

    @Override
    public void close() {
        primitives.close();
        arena.close();
    }
}
