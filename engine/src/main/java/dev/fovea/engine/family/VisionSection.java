package dev.fovea.engine.family;

import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import java.util.List;
import java.util.Optional;

/// Reads the tower's keys: CLIP's, absent ones as in the classes of transformers.
final class VisionSection {
    private static final int MAX_IMAGE_SIZE = 4096;

    /// Which hidden state the features are, and where the config says so.
    record Features(Section section, String layerKey, boolean keepClassToken) {}

    private VisionSection() {}

    /// The tower of a `vision_config`; where the whole section is absent LLaVA assumes ViT-L/14 at 336 pixels.
    static VisionConfig read(Optional<Section> vision, Features features) {
        if (vision.isPresent()) {
            return read(vision.get(), features);
        }
        return new VisionConfig(
                24,
                1024,
                16,
                4096,
                336,
                14,
                Activation.QUICK_GELU,
                1e-5f,
                featureLayer(features, 24),
                features.keepClassToken);
    }

    /// The tower of CLIP's keys; the defaults are ViT-B/32's.
    static VisionConfig read(Section vision, Features features) {
        if (!vision.text("model_type", "clip_vision_model").equals("clip_vision_model")) {
            throw vision.unsupported("model_type", "clip_vision_model");
        }
        if (vision.size("num_channels", 3, Integer.MAX_VALUE) != 3) {
            throw vision.unsupported("num_channels", "3");
        }
        int layers = vision.size("num_hidden_layers", 12, DecoderSection.MAX_LAYERS);
        int hidden = vision.size("hidden_size", 768, DecoderSection.MAX_HIDDEN);
        int heads = vision.size("num_attention_heads", 12, DecoderSection.MAX_HEADS);
        if (hidden % heads != 0) {
            throw vision.refusal("num_attention_heads", "a divisor of hidden_size " + hidden);
        }
        int imageSize = vision.size("image_size", 224, MAX_IMAGE_SIZE);
        int patchSize = vision.size("patch_size", 32, MAX_IMAGE_SIZE);
        if (patchSize > imageSize) {
            throw vision.refusal("patch_size", "at most image_size " + imageSize);
        }
        return new VisionConfig(
                layers,
                hidden,
                heads,
                vision.size("intermediate_size", 3072, DecoderSection.MAX_INTERMEDIATE),
                imageSize,
                patchSize,
                vision.activation("hidden_act", "quick_gelu"),
                (float) vision.number("layer_norm_eps", 1e-5, 0, 1),
                featureLayer(features, layers),
                features.keepClassToken);
    }

    /// How many layers run; the config counts hidden states, the embedding first, from either end.
    private static int featureLayer(Features features, int layers) {
        String key = features.layerKey;
        if (!features.section.has(key)) {
            return layers - 1;
        }
        List<Integer> given = features.section.integers(key, -layers - 1, layers);
        if (given.size() != 1) {
            throw given.isEmpty()
                    ? features.section.refusal(key, "one hidden state")
                    : features.section.unsupported(key, "features of one layer");
        }
        int layer = given.getFirst();
        return layer < 0 ? layers + 1 + layer : layer;
    }
}
