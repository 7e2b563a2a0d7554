package dev.fovea.engine.vision;

import dev.fovea.kernel.Tensor;

/// What a tower layer's class token asks and what all tokens of one tile answer with: projections of the layer's first
/// norm, biases included, not scaled.
///
/// @param classQuery `[1, visionDim]`
/// @param keys       `[1 + patches, visionDim]`, row 0 is the class token
public record Tap(Tensor classQuery, Tensor keys) {}
