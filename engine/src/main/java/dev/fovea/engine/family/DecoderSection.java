package dev.fovea.engine.family;

import dev.fovea.engine.text.DecoderConfig;
import java.util.Optional;
import java.util.OptionalInt;

/// Reads the language model's keys: Llama's or Mistral's, absent ones as in the classes of transformers.
final class DecoderSection {
    static final int MAX_LAYERS = 1024;
    static final int MAX_HIDDEN = 1 << 17;
    static final int MAX_HEADS = 4096;
    static final int MAX_INTERMEDIATE = 1 << 20;
    static final int MAX_HEAD_DIM = 1024;
    static final int MAX_VOCAB = 1 << 22;
    static final int MAX_POSITIONS = 1 << 26;

    /// What Llama and Mistral assume differently when a key is absent; `kvHeads` 0 means as many as heads. Only a model
    /// with a default window knows windows; Llama ignores the key.
    private record Defaults(int intermediate, int kvHeads, int maxPositions, OptionalInt window) {}

    private static final Defaults LLAMA = new Defaults(11008, 0, 2048, OptionalInt.empty());
    private static final Defaults MISTRAL = new Defaults(14336, 8, 131072, OptionalInt.of(4096));

    private DecoderSection() {}

    /// The keys of a `text_config` that names its `model_type`; whether the head is tied is said outside.
    static DecoderConfig read(Section text, boolean tied) {
        return switch (text.text("model_type", "llama")) {
            case "llama" -> read(text, LLAMA, tied);
            case "mistral" -> read(text, MISTRAL, tied);
            default -> throw text.unsupported("model_type", "llama, mistral");
        };
    }

    /// Llama's keys, whatever `model_type` stands beside them.
    static DecoderConfig readLlama(Section text) {
        return read(text, LLAMA, text.flag("tie_word_embeddings", false));
    }

    private static DecoderConfig read(Section text, Defaults defaults, boolean tied) {
        requirePlainLlama(text);
        int hidden = text.size("hidden_size", 4096, MAX_HIDDEN);
        int heads = text.size("num_attention_heads", 32, MAX_HEADS);
        return new DecoderConfig(
                text.size("num_hidden_layers", 32, MAX_LAYERS),
                hidden,
                heads,
                kvHeads(text, heads, defaults),
                headDim(text, hidden, heads),
                text.size("intermediate_size", defaults.intermediate, MAX_INTERMEDIATE),
                text.size("vocab_size", 32000, MAX_VOCAB),
                (float) text.number("rms_norm_eps", 1e-6, 0, 1),
                ropeTheta(text),
                text.size("max_position_embeddings", defaults.maxPositions, MAX_POSITIONS),
                tied,
                window(text, defaults));
    }

    /// What the decoder takes for granted.
    private static void requirePlainLlama(Section text) {
        if (!text.text("hidden_act", "silu").equals("silu")) {
            throw text.unsupported("hidden_act", "silu");
        }
        for (String bias : new String[] {"attention_bias", "mlp_bias"}) {
            if (text.flag(bias, false)) {
                throw text.unsupported(bias, "false");
            }
        }
        if (text.hasValue("quantization_config")) {
            throw text.unsupported("quantization_config", "weights in F32, F16 or BF16");
        }
    }

    private static OptionalInt window(Section text, Defaults defaults) {
        return text.has("sliding_window") && defaults.window.isPresent()
                ? text.optionalInteger("sliding_window", 1, Integer.MAX_VALUE)
                : defaults.window;
    }

    private static int kvHeads(Section text, int heads, Defaults defaults) {
        int absent = text.has("num_key_value_heads") || defaults.kvHeads == 0 ? heads : defaults.kvHeads;
        int kvHeads = text.optionalInteger("num_key_value_heads", 1, MAX_HEADS).orElse(absent);
        if (heads % kvHeads != 0) {
            throw text.refusal("num_key_value_heads", "a divisor of num_attention_heads " + heads);
        }
        return kvHeads;
    }

    private static int headDim(Section text, int hidden, int heads) {
        OptionalInt given = text.optionalInteger("head_dim", 2, MAX_HEAD_DIM);
        if (given.isEmpty() && hidden % heads != 0) {
            throw text.refusal(
                    "num_attention_heads", "a divisor of hidden_size " + hidden + " where head_dim is absent");
        }
        int headDim = given.orElse(hidden / heads);
        if (headDim % 2 != 0 || headDim < 2 || headDim > MAX_HEAD_DIM) {
            throw text.refusal(
                    given.isPresent() ? "head_dim" : "num_attention_heads",
                    "heads of an even dimension up to " + MAX_HEAD_DIM + " (" + headDim + ")");
        }
        return headDim;
    }

    /// The base of the rotary angles, from `rope_scaling` or `rope_parameters` before `rope_theta`.
    private static double ropeTheta(Section text) {
        Optional<Section> rope = text.section("rope_scaling").or(() -> text.section("rope_parameters"));
        for (Section section : rope.map(r -> new Section[] {text, r}).orElse(new Section[] {text})) {
            if (section.hasValue("partial_rotary_factor") && section.number("partial_rotary_factor", 1, 0, 1) != 1) {
                throw section.unsupported("partial_rotary_factor", "1");
            }
        }
        double theta = text.number("rope_theta", 10000, 1e-3, 1e15);
        if (rope.isEmpty()) {
            return theta;
        }
        String typeKey = rope.get().has("rope_type") ? "rope_type" : "type";
        if (!rope.get().text(typeKey, "default").equals("default")) {
            throw rope.get().unsupported(typeKey, "default");
        }
        return rope.get().number("rope_theta", theta, 1e-3, 1e15);
    }
}
