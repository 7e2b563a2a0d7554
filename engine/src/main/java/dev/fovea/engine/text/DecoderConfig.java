package dev.fovea.engine.text;

import java.util.OptionalInt;

/// The sizes of a Llama- or Mistral-like decoder: RMS norms, rotary positions over whole heads (half-split pairs), a
/// SiLU-gated feed-forward, no biases.
///
/// `slidingWindow` is how many last positions a query sees, itself included; empty means all of them. With `tiedHead`
/// the head's weights are those of the embedding.
public record DecoderConfig(
        int layers,
        int hidden,
        int heads,
        int kvHeads,
        int headDim,
        int intermediate,
        int vocab,
        float normEps,
        double ropeTheta,
        int maxPositions,
        boolean tiedHead,
        OptionalInt slidingWindow) {

    public DecoderConfig {
        if (layers < 1 || hidden < 1 || intermediate < 1 || vocab < 1 || maxPositions < 1) {
            throw new IllegalArgumentException("a size below 1");
        }
        if (kvHeads < 1 || heads < kvHeads || heads % kvHeads != 0) {
            throw new IllegalArgumentException(heads + " heads in groups of " + kvHeads);
        }
        if (headDim < 2 || headDim % 2 != 0) {
            throw new IllegalArgumentException("head dimension " + headDim + " does not split in rotary halves");
        }
    }

    /// Columns of a query row: `heads * headDim`; need not be `hidden`.
    public int queryCols() {
        return heads * headDim;
    }

    /// Columns of a key or value row: `kvHeads * headDim`.
    public int keyCols() {
        return kvHeads * headDim;
    }
}
