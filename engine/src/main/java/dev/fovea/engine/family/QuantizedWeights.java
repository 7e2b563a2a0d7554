package dev.fovea.engine.family;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Quantizer;
import dev.fovea.kernel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Weights whose language model is rounded to a block format while it is read; tower and projector stay as they are.
final class QuantizedWeights implements WeightSource {
    private final WeightSource source;
    private final Format format;
    private final boolean tiedHead;
    private final Workers workers;
    private final Copies copies;

    QuantizedWeights(WeightSource source, Format format, boolean tiedHead, Workers workers, Arena arena) {
        if (!Quantizer.serves(format)) {
            throw new IllegalArgumentException("weights: expected Q8_0 or Q4_0, found " + format);
        }
        this.source = source;
        this.format = format;
        this.tiedHead = tiedHead;
        this.workers = workers;
        this.copies = new Copies(arena);
    }

    /// In which format a matrix of `role` is to be when the model is to be in `wanted`: the head, whose rounding shows
    /// in every token, is never below Q8_0, and what is in blocks already or does not divide into them stays.
    static Format target(Role role, Format wanted, boolean tiedHead, Format found, long cols) {
        boolean head = role == Role.HEAD || (role == Role.EMBEDDING && tiedHead);
        Format target = head ? Format.Q8_0 : wanted;
        boolean rounded = role.languageMatrix() && found.block() == 1 && cols % target.block() == 0;
        return rounded ? target : found;
    }

    @Override
    public boolean has(Role role, int layer) {
        return source.has(role, layer);
    }

    @Override
    public Matrix matrix(Role role, int layer, int rows, int cols) {
        Matrix matrix = source.matrix(role, layer, rows, cols);
        Format target = target(role, format, tiedHead, matrix.format(), cols);
        if (target == matrix.format()) {
            return matrix;
        }
        long rowBytes = target.bytes(cols);
        MemorySegment bytes = copies.allocate(rows * rowBytes);
        workers.forEach(rows, (row, worker) -> {
            byte[] blocks = new byte[Math.toIntExact(rowBytes)];
            round(matrix, row, target, workers.scratch(worker, cols), blocks, 0);
            MemorySegment.copy(blocks, 0, bytes, ValueLayout.JAVA_BYTE, row * rowBytes, blocks.length);
        });
        source.release(matrix);
        return new Matrix(bytes.asReadOnly(), target, rows, cols);
    }

    @Override
    public void release(Matrix matrix) {
        if (!copies.release(matrix.bytes())) {
            source.release(matrix);
        }
    }

    /// One row in another format.
    ///
    /// @param numbers scratch, at least `[cols]`
    /// @param to      `[target.bytes(cols)]` from `at`
    static void round(Matrix matrix, int row, Format target, float[] numbers, byte[] to, int at) {
        matrix.format().unpack(matrix.bytes(), (long) row * matrix.cols(), matrix.cols(), numbers, 0);
        Quantizer.quantize(numbers, 0, matrix.cols(), target, to, at);
    }

    @Override
    public float[] vector(Role role, int layer, int size) {
        return source.vector(role, layer, size);
    }

    @Override
    public Format stored(Role role) {
        return source.stored(role);
    }

    @Override
    public int towerLayers(int layers) {
        return source.towerLayers(layers);
    }

    @Override
    public void requireAllRead() {
        source.requireAllRead();
    }
}
