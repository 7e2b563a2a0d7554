package dev.fovea.engine.text;

/// What a forward pass is for.
public enum Phase {
    /// Rows of a prompt, or of a follow-up turn.
    PREFILL,
    /// One generated token.
    STEP
}
