package dev.fovea.engine.text;

import dev.fovea.kernel.Matrix;
import java.util.List;

/// The weights of a Llama-style decoder.
///
/// @param embedding `[vocab, hidden]`
/// @param norm      `[hidden]`, after the last layer
/// @param head      `[vocab, hidden]`; the embedding itself when tied
/// @param highResolution one per layer, or none where the model has no tokens outside the prompt
public record DecoderWeights(
        Matrix embedding, List<Layer> layers, float[] norm, Matrix head, List<HighResolution> highResolution) {

    /// How a layer of FlexAttention makes keys and values of high-resolution tokens.
    ///
    /// @param key   `[kvHeads * headDim, hidden]`
    /// @param value `[kvHeads * headDim, hidden]`
    public record HighResolution(Matrix key, Matrix value) {}

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
