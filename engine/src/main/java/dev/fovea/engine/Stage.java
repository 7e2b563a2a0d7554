package dev.fovea.engine;

/// The stages of a request, in order.
public enum Stage {
    /// Decoding, resizing and cutting images.
    PREPROCESS,
    /// Tower and projector.
    VISION,
    /// The reduction method.
    SELECT,
    /// The prompt through the decoder.
    PREFILL,
    /// One token after the other.
    DECODE
}
