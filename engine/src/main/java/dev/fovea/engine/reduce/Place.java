package dev.fovea.engine.reduce;

/// Where a method works; methods of different places can be combined.
public enum Place {
    /// Between the tower and the prompt.
    VISION,
    /// Inside the decoder.
    DECODER,
    /// Both, with a prompt of its own making.
    BOTH
}
