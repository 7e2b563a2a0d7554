package dev.fovea.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.family.ImageSettings.Fit;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Spellings and sizes that checkpoints elsewhere have; defaults as transformers 5.18 gives them.
class ConfigVariantsTest {
    private static final VisionConfig VIT_L_336 =
            new VisionConfig(24, 1024, 16, 4096, 336, 14, Activation.QUICK_GELU, 1e-5f, 23, false);

    @TempDir
    Path folder;

    @Test
    void absentSectionsAreVicunaBehindVitL() {
        VlmConfig config =
                ConfigFolder.with("{\"model_type\":\"llava_next\"}", folder).read();

        assertThat(config.vision()).isEqualTo(VIT_L_336);
        assertThat(config.text())
                .isEqualTo(new DecoderConfig(
                        32, 4096, 32, 32, 128, 11008, 32000, 1e-6f, 10000, 2048, false, OptionalInt.empty()));
        assertThat(config.projector()).isEqualTo(new ProjectorConfig(1024, 4096, Activation.GELU_ERF, true));
        assertThat(config.imageToken()).isEqualTo(32000);
        assertThat(config.gridPinpoints().toArray(int[][]::new))
                .isDeepEqualTo(new int[][] {{336, 672}, {672, 336}, {672, 672}, {1008, 336}, {336, 1008}});
        assertThat(config.image().fit()).isEqualTo(Fit.ANY_RESOLUTION);
        assertThat(config.image().rescale()).isEqualTo(1 / 255.0);
        assertThat(config.eos()).containsExactly(2);
        assertThat(config.bos()).isEqualTo(1);
        assertThat(config.pad()).isEmpty();
    }

    @Test
    void nullSectionsAreAbsentSections() {
        VlmConfig config = ConfigFolder.with(
                        "{\"model_type\":\"llava\",\"vision_config\":null,\"text_config\":null,\"architectures\":null}",
                        folder)
                .read();
        assertThat(config.vision()).isEqualTo(VIT_L_336);
        assertThat(config.text().layers()).isEqualTo(32);
        assertThat(config.family()).isEqualTo("llava-1.5");
    }

    @Test
    void emptySectionsAreTheSectionsOwnDefaults() {
        VlmConfig config = ConfigFolder.with(
                        "{\"model_type\":\"llava\",\"vision_config\":{},\"text_config\":{\"model_type\":\"mistral\"}}",
                        folder)
                .read();
        assertThat(config.vision())
                .isEqualTo(new VisionConfig(12, 768, 12, 3072, 224, 32, Activation.QUICK_GELU, 1e-5f, 11, false));
        assertThat(config.text())
                .isEqualTo(new DecoderConfig(
                        32, 4096, 32, 8, 128, 14336, 32000, 1e-6f, 10000, 131072, false, OptionalInt.of(4096)));
        assertThat(config.image().size()).isEqualTo(224);
    }

    @Test
    void theTowerOfTheRealCheckpointsIsRead() {
        VlmConfig config = next().set(
                        "vision_config",
                        "{\"hidden_size\":1024,\"image_size\":336,\"intermediate_size\":4096,"
                                + "\"model_type\":\"clip_vision_model\",\"num_attention_heads\":16,\"num_hidden_layers\":24,"
                                + "\"patch_size\":14,\"projection_dim\":768,\"vocab_size\":32000}")
                .read();
        assertThat(config.vision()).isEqualTo(VIT_L_336);
        assertThat(config.vision().headDim()).isEqualTo(64);
        assertThat(config.vision().patches()).isEqualTo(576);
        assertThat(config.projector().inputs()).isEqualTo(1024);
    }

    @ParameterizedTest
    @CsvSource({"-1, 4", "-2, 3", "-5, 0", "0, 0", "1, 1", "4, 4", "[-2], 3", "[3], 3"})
    void theFeatureLayerCountsHiddenStatesFromEitherEnd(String given, int layers) {
        assertThat(next().set("vision_feature_layer", given).read().vision().featureLayer())
                .isEqualTo(layers);
    }

    @Test
    void anAbsentFeatureLayerIsTheLastButOne() {
        assertThat(next().set("vision_feature_layer", "").read().vision().featureLayer())
                .isEqualTo(3);
    }

    @Test
    void llama15MayKeepTheClassToken() {
        VlmConfig config = ConfigFolder.with(
                        "{\"model_type\":\"llava\",\"vision_feature_select_strategy\":\"full\"}", folder)
                .read();
        assertThat(config.vision().keepClassToken()).isTrue();
    }

    @Test
    void llamaWithoutKeyValueHeadsHasAsManyAsHeads() {
        ConfigFolder next =
                next().set("text_config.model_type", "\"llama\"").set("text_config.num_key_value_heads", "");
        assertThat(next.read().text().kvHeads()).isEqualTo(4);
        assertThat(next.set("text_config.num_key_value_heads", "null")
                        .read()
                        .text()
                        .kvHeads())
                .isEqualTo(4);
        assertThat(next.set("text_config.num_key_value_heads", "1")
                        .read()
                        .text()
                        .kvHeads())
                .isEqualTo(1);
    }

    @Test
    void aHeadDimensionNeedNotDivideTheHiddenSize() {
        DecoderConfig text = next().set("text_config.head_dim", "24").read().text();
        assertThat(text.headDim()).isEqualTo(24);
        assertThat(text.queryCols()).isEqualTo(96);
        assertThat(text.keyCols()).isEqualTo(48);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                             | ''                     | ''                                | 10000
            500000                                         | ''                     | ''                                | 500000
            500000                                         | null                   | null                              | 500000
            ''                                             | {"rope_theta":7e5}     | ''                                | 700000
            500000                                         | {"rope_theta":7e5}     | ''                                | 700000
            500000                                         | {"rope_type":"default"} | ''                               | 500000
            500000                                         | {"rope_theta":7e5}     | {"type":"default","rope_theta":9} | 9
            """)
    void ropeThetaIsFoundInEveryPlace(String theta, String parameters, String scaling, double expected) {
        VlmConfig config = next().set("text_config.rope_theta", theta)
                .set("text_config.rope_parameters", parameters)
                .set("text_config.rope_scaling", scaling)
                .read();
        assertThat(config.text().ropeTheta()).isEqualTo(expected);
    }

    @Test
    void onlyMistralKnowsWindows() {
        ConfigFolder next = next().set("text_config.sliding_window", "1024");
        assertThat(next.read().text().slidingWindow()).hasValue(1024);
        next.set("text_config.model_type", "\"llama\"");
        assertThat(next.read().text().slidingWindow()).isEmpty();
    }

    @Test
    void theHeadIsTiedWhereTheFamilyLooks() {
        ConfigFolder next = next().set("text_config.tie_word_embeddings", "true");
        assertThat(next.read().text().tiedHead()).isFalse();
        assertThat(next.set("tie_word_embeddings", "true").read().text().tiedHead())
                .isTrue();
        next.set("tie_word_embeddings", "false")
                .set("model_type", "\"llava\"")
                .set("architectures", "[\"LlavaForConditionalGeneration\"]");
        assertThat(next.read().text().tiedHead()).isTrue();
    }

    @Test
    void theImageTokenHasTwoNames() {
        ConfigFolder next = next().set("image_token_index", "").set("image_token_id", "77");
        assertThat(next.read().imageToken()).isEqualTo(77);
        assertThat(next.set("image_token_index", "77").read().imageToken()).isEqualTo(77);
    }

    @ParameterizedTest
    @CsvSource({
        "gelu, GELU_ERF",
        "gelu_new, GELU_TANH",
        "gelu_pytorch_tanh, GELU_TANH",
        "quick_gelu, QUICK_GELU",
        "silu, SILU"
    })
    void activationsAreKnownByName(String name, Activation activation) {
        VlmConfig config = next().set("vision_config.hidden_act", '"' + name + '"')
                .set("projector_hidden_act", '"' + name + '"')
                .set("multimodal_projector_bias", "false")
                .read();
        assertThat(config.vision().activation()).isEqualTo(activation);
        assertThat(config.projector()).isEqualTo(new ProjectorConfig(32, 64, activation, false));
    }

    @Test
    void endsOfTextComeFromTheGenerationConfigFirst() {
        ConfigFolder next = next().set("eos_token_id", "5")
                .set("text_config.eos_token_id", "6")
                .set("text_config.bos_token_id", "8");
        assertThat(next.read().eos()).containsExactly(2);
        next.set("generation_config.json", "eos_token_id", "[3, 4]");
        assertThat(next.read().eos()).containsExactly(3, 4);
        next.delete("generation_config.json");
        assertThat(next.read().eos()).containsExactly(5);
        next.set("eos_token_id", "null");
        assertThat(next.read().eos()).containsExactly(6);
        assertThat(next.read().bos()).isEqualTo(8);
        assertThat(next.set("pad_token_id", "-1").read().pad()).isEmpty();
    }

    @Test
    void newerProcessorsNestTheImageProcessor() {
        ConfigFolder next = next().write(
                        "processor_config.json",
                        "{\"image_processor\":{\"resample\":2,\"image_mean\":0.5,\"image_std\":[0.5,0.25,1],"
                                + "\"size\":{\"height\":336,\"width\":336},\"crop_size\":null,\"do_rescale\":false}}");
        assertThat(next.read().image())
                .isEqualTo(new ImageSettings(
                        Fit.ANY_RESOLUTION, 336, 336, 2, 1, List.of(0.5, 0.5, 0.5), List.of(0.5, 0.25, 1.0)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                                           | CENTER_CROP | 336
            {"size":336,"crop_size":336}                                                 | CENTER_CROP | 336
            {"size":{"shortest_edge":400},"crop_size":{"height":336,"width":336}}        | CENTER_CROP | 400
            {"do_pad":true}                                                              | PAD         | 336
            {"do_pad":true,"do_center_crop":false}                                       | PAD         | 336
            {"do_pad":true,"image_processor_type":"LlavaImageProcessorFast"}             | PAD         | 336
            {"do_pad":true,"image_processor_type":"CLIPImageProcessor"}                  | CENTER_CROP | 336
            {"size":{"height":336,"width":336},"do_center_crop":false}                   | STRETCH     | 336
            {"size":{"height":336,"width":336}}                                          | STRETCH     | 336
            """)
    void llava15FitsTheImageAsItsProcessorSays(String processor, Fit fit, int shortEdge) {
        ImageSettings image = ConfigFolder.with("{\"model_type\":\"llava\"}", folder)
                .write("preprocessor_config.json", processor)
                .read()
                .image();
        assertThat(image.fit()).isEqualTo(fit);
        assertThat(image.shortEdge()).isEqualTo(shortEdge);
        assertThat(image.size()).isEqualTo(336);
    }

    @Test
    void withoutNormalizingPixelsStayAsTheyAre() {
        ImageSettings image = ConfigFolder.with("{\"model_type\":\"llava\"}", folder)
                .write("preprocessor_config.json", "{\"do_normalize\":false,\"do_rescale\":false}")
                .read()
                .image();
        assertThat(image.mean()).containsExactly(0.0, 0.0, 0.0);
        assertThat(image.std()).containsExactly(1.0, 1.0, 1.0);
        assertThat(image.rescale()).isEqualTo(1);
    }

    private ConfigFolder next() {
        return ConfigFolder.of("llava-next-mini-old", folder);
    }
}
