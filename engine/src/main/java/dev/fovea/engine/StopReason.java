package dev.fovea.engine;

/// Why an answer ended.
public enum StopReason {
    /// The model ended it.
    END,
    /// The most tokens asked for were made.
    LENGTH,
    /// A stop string or stop token of the caller.
    STOP,
    /// The caller stopped it.
    CANCELLED
}
