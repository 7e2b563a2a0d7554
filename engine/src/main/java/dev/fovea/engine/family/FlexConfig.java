package dev.fovea.engine.family;

/// FlexAttention's settings of a checkpoint that has its high-resolution projections.
///
/// The high-resolution picture has `highSize` pixels a side, cut into `zoom * zoom` tiles of `lowSize`; a cell is
/// selected when its attention, scaled to 0..255, exceeds `threshold`. `blend` is the share of selected attention
/// when the training ramp has ended, at most 1. `firstLayer` is the layer whose attention is the first to choose.
public record FlexConfig(int zoom, int lowSize, int highSize, double threshold, double blend, int firstLayer) {
    /// A literal of the authors' code for 32 layers; checkpoints of other depths name theirs in `extra.first_layer`.
    public static final int FIRST_LAYER = 8;
}
