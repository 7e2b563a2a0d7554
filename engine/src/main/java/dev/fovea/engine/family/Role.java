package dev.fovea.engine.family;

/// What a tensor is for. The suffix is its name within its part; `{i}` stands for the layer.
public enum Role {
    EMBEDDING(Part.TEXT, "embed_tokens.weight"),
    INPUT_NORM(Part.TEXT, "layers.{i}.input_layernorm.weight"),
    QUERY(Part.TEXT, "layers.{i}.self_attn.q_proj.weight"),
    KEY(Part.TEXT, "layers.{i}.self_attn.k_proj.weight"),
    VALUE(Part.TEXT, "layers.{i}.self_attn.v_proj.weight"),
    OUT(Part.TEXT, "layers.{i}.self_attn.o_proj.weight"),
    /// FlexAttention's keys of high-resolution tokens.
    KEY_HD(Part.TEXT, "layers.{i}.self_attn.k_proj_hd.weight"),
    /// FlexAttention's values of high-resolution tokens.
    VALUE_HD(Part.TEXT, "layers.{i}.self_attn.v_proj_hd.weight"),
    ATTENTION_NORM(Part.TEXT, "layers.{i}.post_attention_layernorm.weight"),
    GATE(Part.TEXT, "layers.{i}.mlp.gate_proj.weight"),
    UP(Part.TEXT, "layers.{i}.mlp.up_proj.weight"),
    DOWN(Part.TEXT, "layers.{i}.mlp.down_proj.weight"),
    NORM(Part.TEXT, "norm.weight"),
    HEAD(Part.HEAD, ""),

    PATCH_EMBEDDING(Part.VISION, "embeddings.patch_embedding.weight"),
    CLASS_EMBEDDING(Part.VISION, "embeddings.class_embedding"),
    POSITION_EMBEDDING(Part.VISION, "embeddings.position_embedding.weight"),
    /// The reference's own spelling.
    PRE_NORM_WEIGHT(Part.VISION, "pre_layrnorm.weight"),
    PRE_NORM_BIAS(Part.VISION, "pre_layrnorm.bias"),
    VISION_NORM1_WEIGHT(Part.VISION, "encoder.layers.{i}.layer_norm1.weight"),
    VISION_NORM1_BIAS(Part.VISION, "encoder.layers.{i}.layer_norm1.bias"),
    VISION_QUERY_WEIGHT(Part.VISION, "encoder.layers.{i}.self_attn.q_proj.weight"),
    VISION_QUERY_BIAS(Part.VISION, "encoder.layers.{i}.self_attn.q_proj.bias"),
    VISION_KEY_WEIGHT(Part.VISION, "encoder.layers.{i}.self_attn.k_proj.weight"),
    VISION_KEY_BIAS(Part.VISION, "encoder.layers.{i}.self_attn.k_proj.bias"),
    VISION_VALUE_WEIGHT(Part.VISION, "encoder.layers.{i}.self_attn.v_proj.weight"),
    VISION_VALUE_BIAS(Part.VISION, "encoder.layers.{i}.self_attn.v_proj.bias"),
    VISION_OUT_WEIGHT(Part.VISION, "encoder.layers.{i}.self_attn.out_proj.weight"),
    VISION_OUT_BIAS(Part.VISION, "encoder.layers.{i}.self_attn.out_proj.bias"),
    VISION_NORM2_WEIGHT(Part.VISION, "encoder.layers.{i}.layer_norm2.weight"),
    VISION_NORM2_BIAS(Part.VISION, "encoder.layers.{i}.layer_norm2.bias"),
    FC1_WEIGHT(Part.VISION, "encoder.layers.{i}.mlp.fc1.weight"),
    FC1_BIAS(Part.VISION, "encoder.layers.{i}.mlp.fc1.bias"),
    FC2_WEIGHT(Part.VISION, "encoder.layers.{i}.mlp.fc2.weight"),
    FC2_BIAS(Part.VISION, "encoder.layers.{i}.mlp.fc2.bias"),

    PROJECTOR_FIRST_WEIGHT(Part.PROJECTOR_FIRST, "weight"),
    PROJECTOR_FIRST_BIAS(Part.PROJECTOR_FIRST, "bias"),
    PROJECTOR_SECOND_WEIGHT(Part.PROJECTOR_SECOND, "weight"),
    PROJECTOR_SECOND_BIAS(Part.PROJECTOR_SECOND, "bias"),
    NEWLINE(Part.NEWLINE, "");

    /// Tensors that share a prefix.
    enum Part {
        TEXT,
        HEAD,
        VISION,
        PROJECTOR_FIRST,
        PROJECTOR_SECOND,
        NEWLINE
    }

    private final Part part;
    private final String suffix;

    Role(Part part, String suffix) {
        this.part = part;
        this.suffix = suffix;
    }

    /// Whether it is a matrix of the language model, most of a model's weights.
    boolean languageMatrix() {
        return (part == Part.TEXT || part == Part.HEAD) && !name().endsWith("NORM");
    }

    Part part() {
        return part;
    }

    String suffix(int layer) {
        return suffix.replace("{i}", Integer.toString(layer));
    }
}
