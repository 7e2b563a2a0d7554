package dev.fovea.engine.text;

/// A token and the natural logarithm of its probability.
public record TokenLogprob(int id, float logprob) {}
