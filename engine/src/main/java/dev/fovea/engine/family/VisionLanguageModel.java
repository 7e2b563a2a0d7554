package dev.fovea.engine.family;

import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.vision.Projector;
import dev.fovea.engine.vision.VisionTower;

/// A model ready to run: immutable, shared by all sessions.
///
/// @param newline  `[hidden]`: the row that ends a mosaic row; empty when the model has none
public record VisionLanguageModel(
        VlmConfig config, VisionTower tower, Projector projector, float[] newline, Decoder decoder) {}
