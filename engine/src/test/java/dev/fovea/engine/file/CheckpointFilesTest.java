package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.Checkpoints;
import dev.fovea.engine.Fixtures;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Real checkpoints against counts, checksums and values computed by numpy and zlib from the same files.
class CheckpointFilesTest {
    @ParameterizedTest
    @CsvSource({"llava-next-mini-old, 110", "llava-next-mini-new, 106", "llava15-flex-tiny, 210"})
    void everyTensorOfASmallCheckpointIsFound(String checkpoint, int tensors) {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(ModelFiles.open(Checkpoints.named(checkpoint), arena).tensors())
                    .hasSize(tensors);
        }
    }

    /// Columns: checkpoint, tensor, dtype, CRC-32 of its bytes, first, middle and last value.
    @ParameterizedTest
    @CsvSource({
        "llava-next-mini-old, image_newline, F16, 348d335d, -0x1.8e4p-3, 0x1.564p-3, -0x1.5d8p-8",
        "llava-next-mini-old, language_model.model.layers.0.self_attn.rotary_emb.inv_freq, F32, 1bcc2aac, "
                + "0x1.0p0, 0x1.0624dep-10, 0x1.796182p-18",
        "llava-next-mini-old, language_model.model.layers.2.mlp.down_proj.weight, F16, 1a7e2fe2, "
                + "-0x1.1ep-3, 0x1.1d8p-5, 0x1.7ccp-7",
        "llava-next-mini-old, vision_tower.vision_model.embeddings.patch_embedding.weight, F16, 71c8f4dd, "
                + "-0x1.5e8p-7, -0x1.efcp-5, -0x1.1bp-4",
        "llava-next-mini-new, lm_head.weight, F16, 240424c9, -0x1.51cp-3, 0x1.94cp-5, 0x1.eap-4",
        "llava-next-mini-new, model.language_model.layers.2.mlp.down_proj.weight, F16, 1a7e2fe2, "
                + "-0x1.1ep-3, 0x1.1d8p-5, 0x1.7ccp-7",
        "llava15-flex-tiny, model.layers.11.self_attn.v_proj_hd.weight, F16, 08586ffe, "
                + "-0x1.f44p-4, 0x1.228p-5, -0x1.0ccp-6",
        "llava15-flex-tiny, model.mm_projector.2.bias, F16, e8173ca1, 0x1.26p-5, -0x1.15p-5, -0x1.b98p-8"
    })
    void tensorsHoldTheRecordedValues(
            String checkpoint, String name, String dtype, String crc, float first, float middle, float last) {
        check(Checkpoints.named(checkpoint), name, dtype, crc, first, middle, last);
    }

    @ParameterizedTest
    @CsvSource({
        "language_model.model.norm.weight, BF16, 3a9105d2, 0x1.c4p-1, 0x1.dcp-1, 0x1.24p0",
        "language_model.lm_head.weight, BF16, 99ae38bb, 0x1.54p-1, 0x1.1p-2, -0x1.f8p-2",
        "vision_tower.embeddings.class_embedding, BF16, 41149443, 0x1.1ep0, 0x1.04p0, -0x1.42p-1",
        "vision_tower.encoder.layers.5.self_attn.q_proj.bias, BF16, 7c1f8417, -0x1.9cp-12, -0x1.e2p-5, -0x1.4ap-4"
    })
    void fixtureTensorsHoldTheRecordedValues(
            String name, String dtype, String crc, float first, float middle, float last) {
        Path checkpoint = Fixtures.require().resolve("checkpoints/llava-next-tiny");
        check(checkpoint, name, dtype, crc, first, middle, last);
    }

    @Test
    void everyFixtureCheckpointOpensAndEqualsItsIndex() {
        Path checkpoints = Fixtures.require().resolve("checkpoints");
        Map<String, Integer> counts = new TreeMap<>();
        try (Arena arena = Arena.ofConfined()) {
            for (String name :
                    new String[] {"llava-next-tiny", "llava-next-mini-old", "llava-next-mini-new", "llava15-flex-tiny"
                    }) {
                ModelFiles files = ModelFiles.open(checkpoints.resolve(name), arena);
                counts.put(name, files.tensors().size());
                files.json("model.safetensors.index.json")
                        .ifPresent(index -> assertThat(files.tensors().keySet())
                                .containsExactlyInAnyOrderElementsOf(
                                        index.path("weight_map").propertyNames()));
            }
        }
        assertThat(counts)
                .isEqualTo(Map.of(
                        "llava-next-tiny", 147,
                        "llava-next-mini-old", 110,
                        "llava-next-mini-new", 106,
                        "llava15-flex-tiny", 210));
    }

    @ParameterizedTest
    @CsvSource({
        "gguf/gguf, 43",
        "goldens/fastv/fastv, 52",
        "goldens/flex/flex, 27",
        "goldens/hired/hired, 168",
        "goldens/hired15/hired15, 28",
        "goldens/model/lm_llava-next-mini-old, 6",
        "goldens/model/lm_llava-next-tiny, 16",
        "goldens/model/vision, 36",
        "goldens/preprocess/preprocess, 12",
        "goldens/prumerge/prumerge, 92"
    })
    void everyGoldenFileOpens(String file, int tensors) {
        try (Arena arena = Arena.ofConfined()) {
            Path path = Fixtures.require().resolve(file + ".safetensors");
            assertThat(SafetensorsFile.open(path, arena).tensors()).hasSize(tensors);
        }
    }

    private static void check(
            Path checkpoint, String name, String dtype, String crc, float first, float middle, float last) {
        try (Arena arena = Arena.ofConfined()) {
            TensorEntry entry = Objects.requireNonNull(
                    ModelFiles.open(checkpoint, arena).tensors().get(name));
            assertThat(entry.dtype()).isEqualTo(dtype);
            CRC32 sum = new CRC32();
            sum.update(entry.bytes().toArray(ValueLayout.JAVA_BYTE));
            assertThat(sum.getValue()).isEqualTo(Long.parseLong(crc, 16));
            float[] values = entry.floats();
            assertThat(new float[] {values[0], values[values.length / 2], values[values.length - 1]})
                    .containsExactly(first, middle, last);
        }
    }
}
