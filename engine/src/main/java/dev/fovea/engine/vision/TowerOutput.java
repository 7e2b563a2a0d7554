package dev.fovea.engine.vision;

import dev.fovea.kernel.Tensor;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What the tower computed of some tiles.
///
/// @param features per tile `[patches, visionDim]`: the feature layer's output without the class token
/// @param taps     per layer that was asked for, one tap per tile
public record TowerOutput(List<Tensor> features, Map<Integer, List<Tap>> taps) {
    /// These tiles, then those of `more`, which has the same taps.
    public TowerOutput then(TowerOutput more) {
        Map<Integer, List<Tap>> both = new TreeMap<>();
        taps.forEach((layer, first) -> both.put(layer, concat(first, more.taps.getOrDefault(layer, List.of()))));
        return new TowerOutput(concat(features, more.features), both);
    }

    private static <T> List<T> concat(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
