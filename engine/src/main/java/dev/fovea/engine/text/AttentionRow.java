package dev.fovea.engine.text;

import dev.fovea.kernel.Tensor;

/// How the last query row of a layer attends to the cached keys; extra keys never count.
///
/// @param weights   `[heads, keys]`, softmax over the keys
/// @param positions `[keys]`, the prompt position of each key
public record AttentionRow(Tensor weights, int[] positions) {}
