package dev.fovea.engine.family;

import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads the configs of the original LLaVA code, version 1.5, and of FlexAttention, which adds `extra`.
///
/// The language model's keys stand at the top, the glue's begin with `mm_`; the tower's own config lies in a directory
/// beside the checkpoint. Keys of other spellings that were left behind are ignored, as the original code does.
final class OriginalConfig {
    private static final String TOWER = "vision_tower";
    private static final Pattern LOCAL_TOWER = Pattern.compile("(?:\\./)?([A-Za-z0-9_][A-Za-z0-9_.-]*)/?");
    private static final JsonNode EMPTY = JsonMapper.shared().createObjectNode();

    private OriginalConfig() {}

    static VlmConfig read(ModelFiles files) {
        Section root = Section.whole(files.configFile(), files.config());
        requireServed(root);
        DecoderConfig decoder = DecoderSection.readLlama(root);
        String tower = towerDirectory(files, root);
        VisionConfig vision = vision(files, root, tower);
        if (root.has("mm_hidden_size")
                && root.size("mm_hidden_size", 0, DecoderSection.MAX_HIDDEN) != vision.hidden()) {
            throw root.refusal("mm_hidden_size", "the tower's hidden_size " + vision.hidden());
        }
        TokenIds ids = TokenIds.read(files, List.of(root), decoder.vocab());
        return new VlmConfig(
                VlmConfig.LLAVA_15,
                VlmConfig.Spelling.ORIGINAL,
                vision,
                decoder,
                new ProjectorConfig(vision.hidden(), decoder.hidden(), Activation.GELU_ERF, true),
                image(files, root, tower, vision.imageSize()),
                VlmConfig.ORIGINAL_IMAGE_TOKEN,
                List.of(),
                false,
                ids.eos(),
                ids.bos(),
                ids.pad(),
                flex(root, vision.imageSize()));
    }

    private static void requireServed(Section root) {
        requireText(root, "mm_projector_type", "linear", "mlp2x_gelu");
        requireText(root, "mm_patch_merge_type", "flat", "flat");
        requireText(root, "image_aspect_ratio", "square", "square", "pad");
        requireText(root, "mm_vision_select_feature", "patch", "patch", "cls_patch");
        if (root.flag("mm_use_im_start_end", false)) {
            throw root.unsupported("mm_use_im_start_end", "false");
        }
    }

    private static void requireText(Section root, String key, String fallback, String... served) {
        if (!List.of(served).contains(root.text(key, fallback))) {
            throw root.unsupported(key, String.join(", ", served));
        }
    }

    /// The directory of the tower's config: the one that is named, if that is a name, else `vision_tower`.
    private static String towerDirectory(ModelFiles files, Section root) {
        var named = LOCAL_TOWER.matcher(root.text("mm_vision_tower", TOWER));
        String directory = named.matches() ? named.group(1) : TOWER;
        for (String candidate : List.of(directory, TOWER)) {
            if (files.small().has(candidate + "/config.json")) {
                return candidate;
            }
        }
        throw root.unsupported(
                "mm_vision_tower", "a directory " + TOWER + " with the tower's config.json beside the checkpoint's");
    }

    /// The files of the tower that lie in a directory of their own.
    static List<String> towerFiles(ModelFiles files) {
        String tower = towerDirectory(files, Section.whole(files.configFile(), files.config()));
        return List.of(tower + "/config.json", tower + "/preprocessor_config.json");
    }

    private static VisionConfig vision(ModelFiles files, Section root, String tower) {
        Section section = section(files, tower + "/config.json");
        // A whole CLIP model's config has the tower's keys in a section of its own.
        Section clip = section.section("vision_config").orElse(section);
        boolean full = root.text("mm_vision_select_feature", "patch").equals("cls_patch");
        return VisionSection.read(clip, new VisionSection.Features(root, "mm_vision_select_layer", full));
    }

    private static ImageSettings image(ModelFiles files, Section root, String tower, int size) {
        boolean pad = root.text("image_aspect_ratio", "square").equals("pad");
        return ImageSection.readSquare(
                section(files, tower + "/preprocessor_config.json").withoutNulls(), size, pad);
    }

    private static Section section(ModelFiles files, String name) {
        return Section.whole(files.directory().resolve(name), files.json(name).orElse(EMPTY));
    }

    /// FlexAttention is there when `zoom_ratio` is; its values are strings, its defaults those of its code.
    private static Optional<FlexConfig> flex(Section root, int imageSize) {
        Optional<Section> extra = root.section("extra").filter(section -> section.has("zoom_ratio"));
        if (extra.isEmpty()) {
            return Optional.empty();
        }
        Section flex = extra.get();
        if (flex.hasValue("special")) {
            throw flex.unsupported("special", "its absence");
        }
        int zoom = (int) number(flex, "zoom_ratio", 0, 1, 16, true);
        int low = (int) number(flex, "lowres_size", 336, 1, 4096, true);
        int high = (int) number(flex, "highres_size", (double) imageSize * zoom, 1, 65536, true);
        if (low != imageSize) {
            throw flex.refusal("lowres_size", "the tower's image size " + imageSize);
        }
        if (high != low * zoom) {
            throw flex.refusal("highres_size", "lowres_size * zoom_ratio, " + low * zoom);
        }
        double threshold = number(flex, "threshold", 64, 0, 255, false);
        double warmup = number(flex, "warmup", 3, 0, 1e9, false);
        int first = (int) number(flex, "first_layer", FlexConfig.FIRST_LAYER, 0, 1e6, true);
        return Optional.of(new FlexConfig(zoom, low, high, threshold, Math.min(1, warmup), first));
    }

    /// A number, or a string that is one in decimal digits.
    private static double number(Section flex, String key, double fallback, double min, double max, boolean whole) {
        if (!flex.has(key)) {
            return fallback;
        }
        JsonNode value = flex.value(key);
        String text = value.isString() ? value.stringValue() : value.isNumber() ? value.toString() : "";
        double number = text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?") ? Double.parseDouble(text) : Double.NaN;
        boolean fits = number >= min && number <= max && (!whole || number == Math.rint(number));
        if (!fits) {
            throw flex.refusal(key, (whole ? "a whole number" : "a number") + " from " + min + " to " + max);
        }
        return number;
    }
}
