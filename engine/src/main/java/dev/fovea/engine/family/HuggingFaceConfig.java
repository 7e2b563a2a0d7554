package dev.fovea.engine.family;

import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads the configs of llava-hf checkpoints: LLaVA-NeXT and LLaVA-1.5 with `vision_config` and `text_config`.
final class HuggingFaceConfig {
    private static final List<int[]> DEFAULT_PINPOINTS =
            List.of(new int[] {336, 672}, new int[] {672, 336}, new int[] {672, 672}, new int[] {1008, 336}, new int[] {
                336, 1008
            });
    static final int MAX_PINPOINTS = 256;
    static final int MAX_TILES = 256;
    private static final int MAX_TOKEN = 1 << 24;
    private static final JsonNode EMPTY = JsonMapper.shared().createObjectNode();

    private HuggingFaceConfig() {}

    /// LLaVA-NeXT: tiles of a chosen resolution, a newline row behind each row of patches.
    static VlmConfig readNext(ModelFiles files) {
        Section root = root(files, "llava_next");
        VisionConfig vision = vision(root);
        if (vision.keepClassToken()) {
            throw root.unsupported("vision_feature_select_strategy", "default (tiles have no place for a class token)");
        }
        Section processor = processor(files);
        List<int[]> pinpoints = pinpoints(root, vision.imageSize());
        requireSame(root, processor, pinpoints, vision.imageSize());
        return config(
                files,
                root,
                VlmConfig.LLAVA_NEXT,
                vision,
                ImageSection.readTiles(processor, vision.imageSize()),
                pinpoints);
    }

    /// LLaVA-1.5: one square view.
    static VlmConfig read15(ModelFiles files) {
        Section root = root(files, "llava");
        VisionConfig vision = vision(root);
        Section processor = processor(files);
        // CLIP's own processor knows no padding and ignores the key.
        boolean pads =
                processor.text("image_processor_type", "Llava").startsWith("Llava") && processor.flag("do_pad", false);
        ImageSettings image = ImageSection.readSquare(processor, vision.imageSize(), pads);
        return config(files, root, VlmConfig.LLAVA_15, vision, image, List.of());
    }

    private static VlmConfig config(
            ModelFiles files,
            Section root,
            String family,
            VisionConfig vision,
            ImageSettings image,
            List<int[]> pinpoints) {
        Section text = root.section("text_config").orElseGet(() -> Section.whole(files.configFile(), EMPTY));
        boolean tied = root.flag("tie_word_embeddings", false);
        // In LLaVA-1.5 either place may say so, in LLaVA-NeXT only the outer one counts.
        boolean tiedInside = family.equals(VlmConfig.LLAVA_15) && text.flag("tie_word_embeddings", false);
        DecoderConfig decoder = DecoderSection.read(text, tied || tiedInside);
        TokenIds ids = TokenIds.read(files, List.of(root, text), decoder.vocab());
        return new VlmConfig(
                family,
                VlmConfig.Spelling.HUGGING_FACE,
                vision,
                decoder,
                new ProjectorConfig(
                        vision.hidden(),
                        decoder.hidden(),
                        root.activation("projector_hidden_act", "gelu"),
                        root.flag("multimodal_projector_bias", true)),
                image,
                imageToken(root),
                pinpoints,
                family.equals(VlmConfig.LLAVA_NEXT),
                ids.eos(),
                ids.bos(),
                ids.pad(),
                Optional.empty());
    }

    private static Section root(ModelFiles files, String modelType) {
        Section root = Section.whole(files.configFile(), files.config());
        if (!root.text("model_type", modelType).equals(modelType)) {
            throw root.refusal("model_type", modelType + ", as architectures says");
        }
        if (root.hasValue("quantization_config")) {
            throw root.unsupported("quantization_config", "weights in F32, F16 or BF16");
        }
        return root;
    }

    private static VisionConfig vision(Section root) {
        boolean full = switch (root.text("vision_feature_select_strategy", "default")) {
            case "default" -> false;
            case "full" -> true;
            default -> throw root.refusal("vision_feature_select_strategy", "default or full");
        };
        return VisionSection.read(
                root.section("vision_config"), new VisionSection.Features(root, "vision_feature_layer", full));
    }

    /// The image processor's keys; newer checkpoints nest them in the processor's file.
    private static Section processor(ModelFiles files) {
        Path nestedFile = files.directory().resolve("processor_config.json");
        Optional<Section> nested = files.json("processor_config.json")
                .flatMap(json -> Section.whole(nestedFile, json).section("image_processor"));
        Path file = files.directory().resolve("preprocessor_config.json");
        return nested.orElseGet(() -> Section.whole(
                        file, files.json("preprocessor_config.json").orElse(EMPTY)))
                .withoutNulls();
    }

    private static int imageToken(Section root) {
        int token = root.integer("image_token_index", 32000, 0, MAX_TOKEN);
        int other = root.integer("image_token_id", token, 0, MAX_TOKEN);
        if (root.has("image_token_index") && other != token) {
            throw root.refusal("image_token_id", "image_token_index " + token);
        }
        return other;
    }

    private static List<int[]> pinpoints(Section section, int tile) {
        JsonNode value = section.value("image_grid_pinpoints");
        List<int[]> pinpoints = new ArrayList<>();
        if (!section.hasValue("image_grid_pinpoints")) {
            pinpoints.addAll(DEFAULT_PINPOINTS);
        } else if (!value.isArray() || value.isEmpty() || value.size() > MAX_PINPOINTS) {
            throw section.refusal("image_grid_pinpoints", "1 to " + MAX_PINPOINTS + " pairs [height, width]");
        }
        for (JsonNode pair : value) {
            boolean whole = pair.isArray() && pair.size() == 2 && isSize(pair.path(0)) && isSize(pair.path(1));
            if (!whole) {
                throw section.refusal("image_grid_pinpoints", "pairs [height, width] of whole numbers");
            }
            pinpoints.add(new int[] {pair.path(0).intValue(), pair.path(1).intValue()});
        }
        for (int[] pinpoint : pinpoints) {
            long tiles = (long) (pinpoint[0] / tile) * (pinpoint[1] / tile);
            if (pinpoint[0] % tile != 0 || pinpoint[1] % tile != 0 || tiles > MAX_TILES) {
                throw section.refusal(
                        "image_grid_pinpoints",
                        "multiples of the image size " + tile + ", at most " + MAX_TILES + " tiles");
            }
        }
        return List.copyOf(pinpoints);
    }

    private static boolean isSize(JsonNode value) {
        return value.isIntegralNumber() && value.canConvertToInt() && value.intValue() > 0;
    }

    /// The processor cuts by its own list, the model places features by the config's; they must agree.
    private static void requireSame(Section root, Section processor, List<int[]> pinpoints, int tile) {
        if (!processor.hasValue("image_grid_pinpoints")) {
            return;
        }
        List<int[]> cut = pinpoints(processor, tile);
        if (!Arrays.deepEquals(cut.toArray(), pinpoints.toArray())) {
            throw processor.refusal(
                    "image_grid_pinpoints", "those of config.json, " + root.value("image_grid_pinpoints"));
        }
    }
}
