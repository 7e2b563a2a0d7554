package dev.fovea.engine;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// What one request cost. Claims in this field are about these numbers.
///
/// @param nanos        time of each stage
/// @param operations   floating-point operations of products and attention in each stage, counted from the
///                     shapes that ran
/// @param images       one for each image of this turn
/// @param promptRows   rows that this turn added to the prompt, visual tokens included
/// @param cacheRows    rows cached in each layer afterwards
/// @param cacheBytes   bytes of these rows
/// @param tokens       tokens made
/// @param firstTokenNanos from the beginning of the request to its first token
/// @param totalNanos   the whole request
/// @param kernels      the technique
public record Stats(
        Map<Stage, Long> nanos,
        Map<Stage, Long> operations,
        List<ImageStats> images,
        int promptRows,
        int[] cacheRows,
        long cacheBytes,
        int tokens,
        long firstTokenNanos,
        long totalNanos,
        String kernels) {

    public Stats {
        nanos = Collections.unmodifiableMap(new EnumMap<>(nanos));
        operations = Collections.unmodifiableMap(new EnumMap<>(operations));
        images = List.copyOf(images);
    }

    /// Time of one stage.
    public long nanos(Stage stage) {
        return nanos.getOrDefault(stage, 0L);
    }

    /// Operations of one stage.
    public long operations(Stage stage) {
        return operations.getOrDefault(stage, 0L);
    }

    /// Decoding speed after the first token; 0 when there was only one.
    public double decodeTokensPerSecond() {
        long decode = nanos(Stage.DECODE);
        return tokens < 2 || decode == 0 ? 0 : (tokens - 1) * 1e9 / decode;
    }
}
