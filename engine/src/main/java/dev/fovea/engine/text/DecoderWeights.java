package dev.fovea.engine.text;

import dev.fovea.kernel.Matrix;
import java.util.List;

/// The weights of a Llama-style decoder.
///
/// @param embedding `[vocab, hidden]`
/// @param norm      `[hidden]`, after the last layer
/// @param head      `[vocab, hidden]`; the embedding itself when tied
public record DecoderWeights(Matrix embedding, List<Layer> layers, float[] norm, Matrix head) {

    /// One layer.
    ///
    /// @param inputNorm     `[hidden]`
    /// @param q             `[heads * headDim, hidden]`
    /// @param k             `[kvHeads * headDim, hidden]`
    /// @param v             `[kvHeads * headDim, hidden]`
    /// @param out           `[hidden, heads * headDim]`
    /// @param attentionNorm `[hidden]`, after attention
    /// @param gate          `[intermediate, hidden]`
    /// @param up            `[intermediate, hidden]`
    /// @param down          `[hidden, intermediate]`
    public record Layer(
            float[] inputNorm,
            Matrix q,
            Matrix k,
            Matrix v,
            Matrix out,
            float[] attentionNorm,
            Matrix gate,
            Matrix up,
            Matrix down) {}
}
