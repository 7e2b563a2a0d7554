package dev.fovea.eval;

/// An answer and what it is worth.
///
/// @param answer what the model said, or the option that it finds likeliest
/// @param score  0 … 1
public record Scored(Sample sample, String answer, double score) {}
