package dev.fovea.engine.family;

import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

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

    private static final String SERVED =
            "LlavaNextForConditionalGeneration, LlavaForConditionalGeneration, LlavaLlamaForCausalLM";

    /// Reads and checks the configuration of a checkpoint.
    public static VlmConfig read(ModelFiles files) {
        Section root = Section.whole(files.configFile(), files.config());
        return switch (architecture(root)) {
            case "LlavaNextForConditionalGeneration" -> HuggingFaceConfig.readNext(files);
            case "LlavaForConditionalGeneration" -> HuggingFaceConfig.read15(files);
            case "LlavaLlamaForCausalLM" -> OriginalConfig.read(files);
            default -> throw root.unsupported("architectures", SERVED);
        };
    }

    /// Reads and checks the configuration of a language model and its tower, each in a GGUF file.
    public static VlmConfig read(GgufFile text, GgufFile vision) {
        return GgufConfig.read(text, vision);
    }

    /// The first of `architectures`, or what `model_type` stands for where that is absent.
    private static String architecture(Section root) {
        if (root.hasValue("architectures")) {
            JsonNode first = root.value("architectures").path(0);
            if (!first.isString()) {
                throw root.refusal("architectures", "a list of names");
            }
            return first.stringValue();
        }
        return switch (root.text("model_type", "nothing")) {
            case "llava_next" -> "LlavaNextForConditionalGeneration";
            case "llava" -> "LlavaForConditionalGeneration";
            case "llava_llama" -> "LlavaLlamaForCausalLM";
            default -> throw root.unsupported("model_type", "llava_next, llava, llava_llama");
        };
    }

    /// Whose keys the config uses; the names of the weights follow it.
    public enum Spelling {
        HUGGING_FACE,
        ORIGINAL,
        GGUF
    }
}
