package dev.fovea.engine.family;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import java.lang.foreign.Arena;

/// Weights in the layout that a technique reads fastest: matrices of blocks with the rows interleaved where it computes
/// them in int8, otherwise as they are.
final class InterleavedWeights implements WeightSource {
    private final WeightSource source;
    private final Kernels kernels;
    private final Arena arena;

    /// @param arena holds what is laid out anew
    InterleavedWeights(WeightSource source, Kernels kernels, Arena arena) {
        this.source = source;
        this.kernels = kernels;
        this.arena = arena;
    }

    @Override
    public boolean has(Role role, int layer) {
        return source.has(role, layer);
    }

    @Override
    public Matrix matrix(Role role, int layer, int rows, int cols) {
        Matrix matrix = source.matrix(role, layer, rows, cols);
        Matrix interleaved = kernels.interleaved(matrix, arena);
        if (interleaved.layout() != matrix.layout()) {
            source.release(matrix);
        }
        return interleaved;
    }

    @Override
    public void release(Matrix matrix) {
        throw new UnsupportedOperationException("what is laid out anew stays");
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
