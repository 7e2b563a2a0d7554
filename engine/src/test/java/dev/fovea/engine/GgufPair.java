package dev.fovea.engine;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.file.GgufWriter;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.file.TensorEntry;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// A checkpoint of the resources (`llava-next-mini-old`) as llama.cpp's pair of files, written as its converters write
/// it: renamed, query and key rows of a pair side by side, the tower's last layer left out.
final class GgufPair {
    private static final Map<String, String> TEXT = Map.of(
            "input_layernorm", "attn_norm",
            "self_attn.q_proj", "attn_q",
            "self_attn.k_proj", "attn_k",
            "self_attn.v_proj", "attn_v",
            "self_attn.o_proj", "attn_output",
            "post_attention_layernorm", "ffn_norm",
            "mlp.gate_proj", "ffn_gate",
            "mlp.up_proj", "ffn_up",
            "mlp.down_proj", "ffn_down");
    private static final Map<String, String> TOWER = Map.of(
            "layer_norm1", "ln1",
            "self_attn.q_proj", "attn_q",
            "self_attn.k_proj", "attn_k",
            "self_attn.v_proj", "attn_v",
            "self_attn.out_proj", "attn_out",
            "layer_norm2", "ln2",
            "mlp.fc1", "ffn_up",
            "mlp.fc2", "ffn_down");

    private final ModelFiles files;
    private final VlmConfig config;

    GgufPair(ModelFiles files) {
        this.files = files;
        this.config = VlmConfig.read(files);
    }

    /// Writes `model.gguf`.
    Path text(Path folder) {
        GgufWriter writer = new GgufWriter()
                .text("general.architecture", "llama")
                .integer("llama.vocab_size", config.text().vocab())
                .integer("llama.context_length", config.text().maxPositions())
                .integer("llama.embedding_length", config.text().hidden())
                .integer("llama.block_count", config.text().layers())
                .integer("llama.feed_forward_length", config.text().intermediate())
                .integer("llama.attention.head_count", config.text().heads())
                .integer("llama.attention.head_count_kv", config.text().kvHeads())
                .number("llama.attention.layer_norm_rms_epsilon", config.text().normEps())
                .number("llama.rope.freq_base", (float) config.text().ropeTheta());
        String prefix = "language_model.model.";
        add(writer, "token_embd.weight", prefix + "embed_tokens.weight");
        add(writer, "output_norm.weight", prefix + "norm.weight");
        add(writer, "output.weight", "language_model.lm_head.weight");
        for (int l = 0; l < config.text().layers(); l++) {
            for (Map.Entry<String, String> name : new TreeMap<>(TEXT).entrySet()) {
                String from = prefix + "layers." + l + "." + name.getKey() + ".weight";
                String to = "blk." + l + "." + name.getValue() + ".weight";
                if (to.contains("attn_q") || to.contains("attn_k")) {
                    permuted(writer, to, entry(from));
                } else {
                    add(writer, to, from);
                }
            }
        }
        return write(writer, folder.resolve("model.gguf"));
    }

    /// Writes `mmproj.gguf`.
    ///
    /// @param downFirst whether the first wide product is called `ffn_down`, as older converters did
    Path tower(Path folder, boolean downFirst) {
        int blocks = config.vision().layers() - 1;
        GgufWriter writer = new GgufWriter()
                .text("general.architecture", "clip")
                .text("clip.projector_type", "mlp")
                .integer("clip.vision.image_size", config.vision().imageSize())
                .integer("clip.vision.patch_size", config.vision().patchSize())
                .integer("clip.vision.embedding_length", config.vision().hidden())
                .integer("clip.vision.feed_forward_length", config.vision().intermediate())
                .integer("clip.vision.attention.head_count", config.vision().heads())
                .number(
                        "clip.vision.attention.layer_norm_epsilon",
                        config.vision().layerNormEps())
                .integer("clip.vision.block_count", blocks)
                .integers("clip.vision.feature_layer", config.vision().featureLayer())
                .text("clip.vision.image_aspect_ratio", "anyres")
                .text("clip.vision.mm_patch_merge_type", "spatial_unpad")
                .integers(
                        "clip.vision.image_grid_pinpoints",
                        config.gridPinpoints().stream()
                                .flatMapToInt(java.util.Arrays::stream)
                                .toArray());
        String prefix = "vision_tower.vision_model.";
        add(writer, "model.image_newline", "image_newline");
        add(writer, "v.class_embd", prefix + "embeddings.class_embedding");
        add(writer, "v.patch_embd.weight", prefix + "embeddings.patch_embedding.weight");
        add(writer, "v.position_embd.weight", prefix + "embeddings.position_embedding.weight");
        for (String part : new String[] {".weight", ".bias"}) {
            add(writer, "v.pre_ln" + part, prefix + "pre_layrnorm" + part);
            add(writer, "v.post_ln" + part, prefix + "post_layernorm" + part);
            add(writer, "mm.0" + part, "multi_modal_projector.linear_1" + part);
            add(writer, "mm.2" + part, "multi_modal_projector.linear_2" + part);
            for (int l = 0; l < blocks; l++) {
                for (Map.Entry<String, String> name : TOWER.entrySet()) {
                    String to = switch (name.getValue()) {
                        case "ffn_up" -> downFirst ? "ffn_down" : "ffn_up";
                        case "ffn_down" -> downFirst ? "ffn_up" : "ffn_down";
                        default -> name.getValue();
                    };
                    add(
                            writer,
                            "v.blk." + l + "." + to + part,
                            prefix + "encoder.layers." + l + "." + name.getKey() + part);
                }
            }
        }
        return write(writer, folder.resolve("mmproj.gguf"));
    }

    private void add(GgufWriter writer, String to, String from) {
        TensorEntry entry = entry(from);
        byte[] bytes = entry.bytes().toArray(ValueLayout.JAVA_BYTE);
        writer.tensor(to, entry.format(), entry.shape(), out -> out.write(bytes));
    }

    /// Row `i` of half `j` of a head becomes row `2i + j`.
    private void permuted(GgufWriter writer, String to, TensorEntry entry) {
        Matrix matrix = entry.matrix();
        int headDim = config.text().headDim();
        Format format = matrix.format();
        byte[] bytes = new byte[(int) matrix.bytes().byteSize()];
        int row = (int) matrix.rowBytes();
        for (int r = 0; r < matrix.rows(); r++) {
            int within = r % headDim;
            int target = r - within + 2 * (within % (headDim / 2)) + within / (headDim / 2);
            MemorySegment.copy(matrix.bytes(), ValueLayout.JAVA_BYTE, (long) r * row, bytes, target * row, row);
        }
        writer.tensor(to, format, entry.shape(), out -> out.write(bytes));
    }

    private TensorEntry entry(String name) {
        return Objects.requireNonNull(files.tensors().get(name), name);
    }

    private static Path write(GgufWriter writer, Path file) {
        try (OutputStream out = Files.newOutputStream(file)) {
            writer.write(out);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
