package dev.fovea.engine.vision;

import dev.fovea.kernel.Tensor;
import java.util.List;
import java.util.Map;

/// What the tower computed of some tiles.
///
/// @param features per tile `[patches, visionDim]`: the feature layer's output without the class token
/// @param taps     per layer that was asked for, one tap per tile
public record TowerOutput(List<Tensor> features, Map<Integer, List<Tap>> taps) {}
