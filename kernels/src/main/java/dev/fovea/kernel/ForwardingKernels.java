package dev.fovea.kernel;

import java.lang.foreign.Arena;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// A technique that does some operations itself and leaves the rest to others: whatever it does not override.
public interface ForwardingKernels extends Kernels {
    /// Who does the rest.
    Kernels others();

    @Override
    default Workers workers() {
        return others().workers();
    }

    @Override
    default Compute compute() {
        return others().compute();
    }

    @Override
    default OptionalDouble peak() {
        return others().peak();
    }

    @Override
    default Matrix interleaved(Matrix w, Arena arena) {
        return others().interleaved(w, arena);
    }

    @Override
    default void unpack(Matrix w, int row, float[] to) {
        others().unpack(w, row, to);
    }

    @Override
    default void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        others().matmul(w, x, bias, y);
    }

    @Override
    default void attention(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        others().attention(q, kv, visible, y);
    }

    @Override
    default void attentionJoint(Tensor q, KeyValues kv, KeyValues extra, Tensor y) {
        others().attentionJoint(q, kv, extra, y);
    }

    @Override
    default void attentionWeights(Tensor q, KeyValues kv, Tensor weights) {
        others().attentionWeights(q, kv, weights);
    }

    @Override
    default void rmsNorm(Tensor x, float[] weight, float eps, Tensor y) {
        others().rmsNorm(x, weight, eps, y);
    }

    @Override
    default void layerNorm(Tensor x, float[] weight, float[] bias, float eps, Tensor y) {
        others().layerNorm(x, weight, bias, eps, y);
    }

    @Override
    default void ropeInPlace(Tensor x, int headDim, RotaryTable table, int[] positions) {
        others().ropeInPlace(x, headDim, table, positions);
    }

    @Override
    default void softmaxInPlace(Tensor x) {
        others().softmaxInPlace(x);
    }

    @Override
    default void activateInPlace(Activation activation, Tensor x) {
        others().activateInPlace(activation, x);
    }

    @Override
    default void siluMulInPlace(Tensor gate, Tensor up) {
        others().siluMulInPlace(gate, up);
    }

    @Override
    default void addInPlace(Tensor x, Tensor y) {
        others().addInPlace(x, y);
    }
}
