package dev.fovea.engine.reduce;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.VisionConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A method that lowers the number of visual tokens: after the tower ([#reduce]), inside the decoder ([#hook]), or
/// both.
///
/// Immutable settings; one instance serves all sessions. Deterministic: the same image and settings give the same
/// tokens.
public interface TokenReduction {
    /// The name under which users choose it, such as `hired`.
    String name();

    /// Every setting that bears on the result, for reports; in a stable order.
    Map<String, Object> settings();

    /// Where it works.
    default Place place() {
        return Place.VISION;
    }

    /// The method as it works on a model: what it leaves to the checkpoint filled in.
    ///
    /// @throws IllegalArgumentException when the model cannot serve it, naming both
    default TokenReduction forModel(VlmConfig model) {
        return this;
    }

    /// Whether it wants the tiles of a picture that a model keeps outside the prompt; others spare the tower the
    /// work.
    default boolean readsHighResolution() {
        return false;
    }

    /// Tower layers whose class query and keys are wanted; they may exceed the feature layer.
    default Set<Integer> visionTaps(VisionConfig vision) {
        return Set.of();
    }

    /// The tiles that it wants to see, once the base tile is encoded; the tower is spared the others. What a tile
    /// gives does not depend on which others are encoded.
    ///
    /// @param base an image of which only tile 0 is encoded
    /// @return `[tiles]`; tile 0 counts as wanted
    default boolean[] wantedTiles(EncodedImage base) {
        boolean[] all = new boolean[base.tiles()];
        Arrays.fill(all, true);
        return all;
    }

    /// Chooses or makes the tokens of one image, of which the wanted tiles are encoded.
    default Reduced reduce(EncodedImage image) {
        return Reduced.of(image.all());
    }

    /// The hook for one session's decoder passes over a prompt with these images.
    default DecoderHook hook(Decoder decoder, List<ImageSpan> images) {
        return DecoderHook.NONE;
    }
}
