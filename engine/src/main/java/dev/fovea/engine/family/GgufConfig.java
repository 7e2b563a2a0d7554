package dev.fovea.engine.family;

import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.GgufMetadata;
import dev.fovea.engine.file.UnsupportedModelException;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Reads the keys of llama.cpp's usual pair of files: a language model (`llama`) and its tower with projector (`clip`).
///
/// Absent keys mean what llama.cpp assumes. The files say less than a checkpoint's: no image token and no chat format
/// for certain, and the tower usually lacks the layers past the one whose output are the features.
final class GgufConfig {
    private static final int MAX_IMAGE_SIZE = 4096;
    private static final int LLAMA_BOS = 1;
    private static final int LLAMA_EOS = 2;
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String MARK = "<image>";

    private final GgufFile textFile;
    private final Section text;
    private final Section vision;

    private GgufConfig(GgufFile textFile, GgufFile visionFile) {
        this.textFile = textFile;
        this.text = Section.whole(textFile.file(), textFile.metadata().settings());
        this.vision = Section.whole(visionFile.file(), visionFile.metadata().settings());
    }

    static VlmConfig read(GgufFile text, GgufFile vision) {
        return new GgufConfig(text, vision).read();
    }

    private VlmConfig read() {
        requireArchitecture(text, "llama");
        requireArchitecture(vision, "clip");
        DecoderConfig decoder = decoder();
        VisionConfig tower = tower();
        boolean next = vision.text("clip.vision.image_aspect_ratio", "pad").startsWith("anyres");
        List<Integer> eos = new ArrayList<>(text.integers("tokenizer.ggml.eos_token_id", 0, decoder.vocab() - 1));
        eos.addAll(text.integers("tokenizer.ggml.eot_token_id", 0, decoder.vocab() - 1));
        return new VlmConfig(
                next ? VlmConfig.LLAVA_NEXT : VlmConfig.LLAVA_15,
                VlmConfig.Spelling.GGUF,
                tower,
                decoder,
                new ProjectorConfig(tower.hidden(), decoder.hidden(), Activation.GELU_ERF, true),
                image(next, tower.imageSize()),
                imageToken(textFile.metadata()),
                next ? pinpoints(tower.imageSize()) : List.of(),
                next,
                eos.isEmpty() ? List.of(LLAMA_EOS) : List.copyOf(eos),
                text.integer("tokenizer.ggml.bos_token_id", LLAMA_BOS, 0, decoder.vocab() - 1),
                text.optionalInteger("tokenizer.ggml.padding_token_id", 0, Integer.MAX_VALUE),
                Optional.empty());
    }

    private static void requireArchitecture(Section section, String served) {
        if (!section.text("general.architecture", "nothing").equals(served)) {
            throw section.unsupported("general.architecture", served);
        }
    }

    private DecoderConfig decoder() {
        requirePlainLlama();
        int hidden = required(text, "llama.embedding_length", DecoderSection.MAX_HIDDEN);
        int heads = required(text, "llama.attention.head_count", DecoderSection.MAX_HEADS);
        int kvHeads = text.size("llama.attention.head_count_kv", heads, DecoderSection.MAX_HEADS);
        if (heads % kvHeads != 0) {
            throw text.refusal("llama.attention.head_count_kv", "a divisor of llama.attention.head_count " + heads);
        }
        int headDim = text.size("llama.attention.key_length", hidden / heads, DecoderSection.MAX_HEAD_DIM);
        if (headDim < 2 || headDim % 2 != 0 || (!text.has("llama.attention.key_length") && hidden % heads != 0)) {
            throw text.refusal("llama.attention.head_count", "heads of an even dimension in " + hidden + " columns");
        }
        for (String same : new String[] {"llama.rope.dimension_count", "llama.attention.value_length"}) {
            if (text.size(same, headDim, DecoderSection.MAX_HEAD_DIM) != headDim) {
                throw text.unsupported(same, "the head dimension " + headDim);
            }
        }
        int tokens = textFile.metadata().texts(TOKENS).map(list -> list.length).orElse(0);
        int vocab = text.has("llama.vocab_size") || tokens == 0
                ? required(text, "llama.vocab_size", DecoderSection.MAX_VOCAB)
                : tokens;
        return new DecoderConfig(
                required(text, "llama.block_count", DecoderSection.MAX_LAYERS),
                hidden,
                heads,
                kvHeads,
                headDim,
                required(text, "llama.feed_forward_length", DecoderSection.MAX_INTERMEDIATE),
                vocab,
                (float) text.number("llama.attention.layer_norm_rms_epsilon", 1e-5, 0, 1),
                text.number("llama.rope.freq_base", 10000, 1e-3, 1e15),
                required(text, "llama.context_length", DecoderSection.MAX_POSITIONS),
                !textFile.tensors().containsKey("output.weight"),
                OptionalInt.empty());
    }

    private void requirePlainLlama() {
        if (!text.text("llama.rope.scaling.type", "none").equals("none")) {
            throw text.unsupported("llama.rope.scaling.type", "none");
        }
        if (text.integer("llama.expert_count", 0, 0, Integer.MAX_VALUE) != 0) {
            throw text.unsupported("llama.expert_count", "0");
        }
        if (textFile.tensors().containsKey("rope_freqs.weight")) {
            throw new UnsupportedModelException(
                    textFile.file(), "tensor rope_freqs.weight", "rotary positions without factors");
        }
    }

    private static int required(Section section, String key, int max) {
        if (!section.has(key)) {
            throw section.refusal(key, "a whole number from 1 to " + max);
        }
        return section.size(key, 0, max);
    }

    /// `layers` is the tower's depth as trained: one more than the features need, whether the file has that layer or
    /// not, since LLaVA takes its features from the last layer but one.
    private VisionConfig tower() {
        if (!vision.flag("clip.has_vision_encoder", true)) {
            throw vision.unsupported("clip.has_vision_encoder", "true");
        }
        String projector = vision.has("clip.projector_type") ? "clip.projector_type" : "clip.vision.projector_type";
        if (!vision.text(projector, "mlp").equals("mlp")) {
            throw vision.unsupported(projector, "mlp");
        }
        int blocks = blocks(vision);
        int feature = feature(blocks);
        int hidden = required(vision, "clip.vision.embedding_length", DecoderSection.MAX_HIDDEN);
        int heads = required(vision, "clip.vision.attention.head_count", DecoderSection.MAX_HEADS);
        if (hidden % heads != 0) {
            throw vision.refusal(
                    "clip.vision.attention.head_count", "a divisor of clip.vision.embedding_length " + hidden);
        }
        int imageSize = required(vision, "clip.vision.image_size", MAX_IMAGE_SIZE);
        int patchSize = required(vision, "clip.vision.patch_size", MAX_IMAGE_SIZE);
        if (patchSize > imageSize) {
            throw vision.refusal("clip.vision.patch_size", "at most clip.vision.image_size " + imageSize);
        }
        return new VisionConfig(
                Math.max(blocks, feature + 1),
                hidden,
                heads,
                required(vision, "clip.vision.feed_forward_length", DecoderSection.MAX_INTERMEDIATE),
                imageSize,
                patchSize,
                activation(),
                (float) vision.number("clip.vision.attention.layer_norm_epsilon", 1e-5, 0, 1),
                feature,
                false);
    }

    /// Tower layers that a file has.
    static int blocks(Section vision) {
        return required(vision, "clip.vision.block_count", DecoderSection.MAX_LAYERS);
    }

    /// Layers that run before the features are taken. Where the file does not say, it has as many layers as the
    /// features need, or, as trained towers have an even number of layers, one more.
    private int feature(int blocks) {
        String key = "clip.vision.feature_layer";
        List<Integer> given = vision.integers(key, 0, blocks);
        if (given.size() > 1) {
            throw vision.unsupported(key, "features of one layer");
        }
        return given.isEmpty() ? blocks - (blocks % 2 == 0 ? 1 : 0) : given.getFirst();
    }

    private Activation activation() {
        if (vision.flag("clip.use_gelu", false)) {
            return Activation.GELU_ERF;
        }
        return vision.flag("clip.use_silu", false) ? Activation.SILU : Activation.QUICK_GELU;
    }

    private ImageSettings image(boolean next, int size) {
        String merge = vision.text("clip.vision.mm_patch_merge_type", next ? "spatial_unpad" : "flat");
        if (!merge.equals(next ? "spatial_unpad" : "flat")) {
            throw vision.unsupported("clip.vision.mm_patch_merge_type", next ? "spatial_unpad" : "flat");
        }
        return new ImageSettings(
                next ? ImageSettings.Fit.ANY_RESOLUTION : ImageSettings.Fit.PAD,
                size,
                size,
                ImageSettings.BICUBIC,
                1 / 255.0,
                vision.channels("clip.vision.image_mean", ImageSection.CLIP_MEAN, -1e9, 1e9),
                vision.channels("clip.vision.image_std", ImageSection.CLIP_STD, 1e-9, 1e9));
    }

    /// Pairs of height and width in one list.
    private List<int[]> pinpoints(int tile) {
        String key = "clip.vision.image_grid_pinpoints";
        List<Integer> numbers = vision.integers(key, 1, 1 << 16);
        List<int[]> pinpoints = new ArrayList<>();
        for (int i = 0; i + 1 < numbers.size(); i += 2) {
            pinpoints.add(new int[] {numbers.get(i), numbers.get(i + 1)});
        }
        boolean fits =
                !numbers.isEmpty() && numbers.size() % 2 == 0 && pinpoints.size() <= HuggingFaceConfig.MAX_PINPOINTS;
        for (int[] pinpoint : pinpoints) {
            long tiles = (long) (pinpoint[0] / tile) * (pinpoint[1] / tile);
            fits &= pinpoint[0] % tile == 0 && pinpoint[1] % tile == 0 && tiles <= HuggingFaceConfig.MAX_TILES;
        }
        if (!fits) {
            throw vision.refusal(key, "pairs of height and width, multiples of the image size " + tile);
        }
        return List.copyOf(pinpoints);
    }

    /// A vocabulary made for images has a token for them; without one the text is encoded in pieces around them.
    private static int imageToken(GgufMetadata metadata) {
        int id = metadata.texts(TOKENS)
                .map(list -> Arrays.asList(list).indexOf(MARK))
                .orElse(-1);
        return id >= 0 ? id : VlmConfig.ORIGINAL_IMAGE_TOKEN;
    }
}
