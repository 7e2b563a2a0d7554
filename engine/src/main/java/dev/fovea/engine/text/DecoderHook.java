package dev.fovea.engine.text;

/// Where a method reaches into the decoder: it may read the last row's attention, drop rows, and show extra keys.
///
/// One per session; may keep state, which must not depend on tokens that are forgotten again: the cache may be
/// truncated between passes. The decoder calls it layer by layer and knows nothing of images.
public interface DecoderHook extends AutoCloseable {
    /// Does nothing.
    DecoderHook NONE = new DecoderHook() {};

    /// Whether the last row's attention of this layer is wanted in this pass.
    default boolean readsAttention(int layer, Phase phase) {
        return false;
    }

    /// The attention that was asked for.
    default void onAttention(int layer, AttentionRow row) {}

    /// Called before each layer.
    ///
    /// @param positions `[rows]`: the prompt positions of the rows about to enter
    default LayerPlan beforeLayer(int layer, int[] positions, Phase phase) {
        return LayerPlan.ALL;
    }

    /// Frees what the hook holds outside the heap; the session calls it.
    @Override
    default void close() {}
}
