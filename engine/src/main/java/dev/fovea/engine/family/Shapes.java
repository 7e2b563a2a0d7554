package dev.fovea.engine.family;

import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/// The shapes of published models by name, for measuring with random weights.
///
/// Sources: the config.json files of llava-hf/llava-v1.6-vicuna-7b-hf, -vicuna-13b-hf, -mistral-7b-hf and
/// llava-hf/llava-1.5-7b-hf; the tower is openai/clip-vit-large-patch14-336. `llava-1.5-1b` puts the decoder of
/// TinyLlama/TinyLlama-1.1B-Chat-v1.0 behind it.
public final class Shapes {
    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);
    private static final VisionConfig CLIP_L_336 =
            new VisionConfig(24, 1024, 16, 4096, 336, 14, Activation.QUICK_GELU, 1e-5f, 23, false);

    private static final DecoderConfig VICUNA_7B =
            new DecoderConfig(32, 4096, 32, 32, 128, 11008, 32064, 1e-5f, 1e4, 4096, false, OptionalInt.empty());
    private static final DecoderConfig TINY_LLAMA =
            new DecoderConfig(22, 2048, 32, 4, 64, 5632, 32000, 1e-5f, 1e4, 2048, false, OptionalInt.empty());
    private static final DecoderConfig VICUNA_13B =
            new DecoderConfig(40, 5120, 40, 40, 128, 13824, 32064, 1e-5f, 1e4, 4096, false, OptionalInt.empty());
    private static final DecoderConfig MISTRAL_7B =
            new DecoderConfig(32, 4096, 32, 8, 128, 14336, 32064, 1e-5f, 1e6, 32768, false, OptionalInt.empty());

    /// A small tower and decoder on LLaVA-NeXT's tiles: seconds where the published shapes take minutes.
    private static final VisionConfig TINY_TOWER =
            new VisionConfig(6, 64, 4, 160, 336, 14, Activation.QUICK_GELU, 1e-5f, 5, false);
    private static final DecoderConfig TINY_DECODER =
            new DecoderConfig(4, 96, 6, 2, 16, 256, 32064, 1e-5f, 1e6, 32768, false, OptionalInt.empty());

    private static final Map<String, VlmConfig> SHAPES = new TreeMap<>(Map.of(
            "llava-next-7b", config(VlmConfig.LLAVA_NEXT, CLIP_L_336, VICUNA_7B),
            "llava-next-13b", config(VlmConfig.LLAVA_NEXT, CLIP_L_336, VICUNA_13B),
            "llava-next-mistral-7b", config(VlmConfig.LLAVA_NEXT, CLIP_L_336, MISTRAL_7B),
            "llava-next-tiny", config(VlmConfig.LLAVA_NEXT, TINY_TOWER, TINY_DECODER),
            "llava-1.5-1b", config(VlmConfig.LLAVA_15, CLIP_L_336, TINY_LLAMA),
            "llava-1.5-7b", config(VlmConfig.LLAVA_15, CLIP_L_336, VICUNA_7B)));

    private Shapes() {}

    /// The names of all shapes.
    public static List<String> names() {
        return List.copyOf(SHAPES.keySet());
    }

    /// A shape by name; an unknown name is an error that lists the names.
    public static VlmConfig named(String name) {
        VlmConfig config = SHAPES.get(name);
        if (config == null) {
            throw new IllegalArgumentException(
                    "shape: expected one of " + String.join(", ", names()) + ", found " + name);
        }
        return config;
    }

    /// Numbers among the matrices of a model; norms and biases, well below a thousandth, are left out.
    public static long parameters(VlmConfig config) {
        VisionConfig vision = config.vision();
        DecoderConfig text = config.text();
        long hidden = vision.hidden();
        long tower = vision.layers() * (4 * hidden * hidden + 2 * hidden * vision.intermediate())
                + hidden * (3L * vision.patchSize() * vision.patchSize() + vision.patches() + 1);
        long projector = (long) config.projector().outputs()
                * (config.projector().inputs() + config.projector().outputs());
        long width = text.hidden();
        long layer = width * (2L * text.queryCols() + 2L * text.keyCols() + 3L * text.intermediate());
        return tower + projector + text.layers() * layer + width * text.vocab() * (text.tiedHead() ? 1 : 2);
    }

    private static VlmConfig config(String family, VisionConfig vision, DecoderConfig text) {
        boolean next = family.equals(VlmConfig.LLAVA_NEXT);
        ImageSettings.Fit fit = next ? ImageSettings.Fit.ANY_RESOLUTION : ImageSettings.Fit.CENTER_CROP;
        int side = vision.imageSize();
        return new VlmConfig(
                family,
                VlmConfig.Spelling.HUGGING_FACE,
                vision,
                text,
                new ProjectorConfig(vision.hidden(), text.hidden(), Activation.GELU_ERF, true),
                new ImageSettings(fit, side, side, ImageSettings.BICUBIC, 1 / 255.0, CLIP_MEAN, CLIP_STD),
                32000,
                next ? pinpoints(side) : List.of(),
                next,
                List.of(2),
                1,
                OptionalInt.of(32001),
                Optional.empty());
    }

    /// LLaVA-NeXT's five resolutions, `[height, width]`, in the order of its configs.
    private static List<int[]> pinpoints(int side) {
        List<int[]> pinpoints = new ArrayList<>();
        for (int[] tiles : new int[][] {{1, 2}, {2, 1}, {2, 2}, {3, 1}, {1, 3}}) {
            pinpoints.add(new int[] {tiles[0] * side, tiles[1] * side});
        }
        return pinpoints;
    }
}
