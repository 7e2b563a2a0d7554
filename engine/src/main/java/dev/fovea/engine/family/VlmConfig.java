package dev.fovea.engine.family;

import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Everything a checkpoint's JSON files say that a forward pass needs; no weights are touched.
///
/// `imageToken` marks an image's place among the token ids; it need not be an id of the vocabulary. `gridPinpoints`
/// are the resolutions to choose from, each `[height, width]` in pixels, empty for LLaVA-1.5. With `newline` a learned
/// row closes each row of patches. Generation stops at any of `eos`.
public record VlmConfig(
        String family,
        Spelling spelling,
        VisionConfig vision,
        DecoderConfig text,
        ProjectorConfig projector,
        ImageSettings image,
        int imageToken,
        List<int[]> gridPinpoints,
        boolean newline,
        List<Integer> eos,
        int bos,
        OptionalInt pad,
        Optional<FlexConfig> flex) {

    /// Tiles of a chosen resolution.
    public static final String LLAVA_NEXT = "llava-next";

    /// One square view of the image.
    public static final String LLAVA_15 = "llava-1.5";

    /// Where a `<image>` mark stands among the ids in the original LLaVA code, whose vocabulary has no token for it.
    public static final int ORIGINAL_IMAGE_TOKEN = -200;

    /// Whose keys the config uses; the names of the weights follow it.
    public enum Spelling {
        HUGGING_FACE,
        ORIGINAL
    }
}
