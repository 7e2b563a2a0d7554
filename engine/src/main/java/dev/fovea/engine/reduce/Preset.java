package dev.fovea.engine.reduce;

/// A named set of defaults of a method.
public enum Preset {
    /// As the paper describes it.
    PAPER,
    /// As the authors' code does it.
    REFERENCE
}
