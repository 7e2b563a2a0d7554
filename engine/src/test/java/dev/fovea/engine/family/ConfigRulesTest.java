package dev.fovea.engine.family;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.UnsupportedModelException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every refusal names the file, the key, what was expected and what was found.
class ConfigRulesTest {
    @TempDir
    Path folder;

    private ConfigFolder config;

    @BeforeEach
    void copyTheCheckpoint() {
        config = ConfigFolder.of("llava-next-mini-old", folder);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text_config.num_hidden_layers       | 0              | a whole number from 1 to 1024, found 0
            text_config.num_hidden_layers       | -3             | a whole number from 1 to 1024, found -3
            text_config.num_hidden_layers       | "3"            | a whole number from 1 to 1024, found "3"
            text_config.num_hidden_layers       | 3.0            | a whole number from 1 to 1024, found 3.0
            text_config.num_hidden_layers       | null           | a whole number from 1 to 1024, found null
            text_config.hidden_size             | 4294967360     | a whole number from 1 to 131072, found 4294967360
            text_config.num_attention_heads     | 6              | a divisor of hidden_size 64 where head_dim is absent, found 6
            text_config.num_attention_heads     | 64             | heads of an even dimension up to 1024 (1), found 64
            text_config.num_key_value_heads     | 3              | a divisor of num_attention_heads 4, found 3
            text_config.num_key_value_heads     | 8              | a divisor of num_attention_heads 4, found 8
            text_config.head_dim                | 15             | heads of an even dimension up to 1024 (15), found 15
            text_config.head_dim                | 4096           | a whole number from 2 to 1024, found 4096
            text_config.rms_norm_eps            | "1e-5"         | a number from 0.0 to 1.0, found "1e-5"
            text_config.rms_norm_eps            | -1             | a number from 0.0 to 1.0, found -1
            text_config.rope_theta              | 0              | a number from 0.001 to 1.0E15, found 0
            text_config.rope_theta              | null           | a number from 0.001 to 1.0E15, found null
            text_config.rope_parameters         | [1]            | an object, found [1]
            text_config.vocab_size              | 99999999       | a whole number from 1 to 4194304, found 99999999
            text_config.sliding_window          | 0              | a whole number from 1 to 2147483647, found 0
            text_config                         | "mistral"      | an object, found "mistral"
            tie_word_embeddings                 | 0              | true or false, found 0
            vision_config                       | []             | an object, found []
            vision_config.num_attention_heads   | 3              | a divisor of hidden_size 32, found 3
            vision_config.patch_size            | 337            | at most image_size 336, found 337
            vision_config.image_size            | [336,336]      | a whole number from 1 to 4096, found [336,336]
            vision_config.layer_norm_eps        | true           | a number from 0.0 to 1.0, found true
            vision_config.hidden_act            | 7              | a string, found 7
            vision_feature_layer                | -6             | a whole number from -5 to 4, found -6
            vision_feature_layer                | 5              | a whole number from -5 to 4, found 5
            vision_feature_layer                | []             | one hidden state, found []
            vision_feature_select_strategy      | "patch"        | default or full, found "patch"
            image_token_index                   | -200           | a whole number from 0 to 16777216, found -200
            image_token_id                      | 5              | image_token_index 2046, found 5
            model_type                          | "llava"        | llava_next, as architectures says, found "llava"
            architectures                       | []             | a list of names, found []
            image_grid_pinpoints                | []             | 1 to 256 pairs [height, width], found []
            image_grid_pinpoints                | [[336]]        | pairs [height, width] of whole numbers, found [[336]]
            image_grid_pinpoints                | [[336,-336]]   | pairs [height, width] of whole numbers, found [[336,-336]]
            image_grid_pinpoints                | [[336,700]]    | multiples of the image size 336, at most 256 tiles, found [[336,700]]
            image_grid_pinpoints                | [[33600,33600]] | multiples of the image size 336, at most 256 tiles, found [[33600,33600]]
            multimodal_projector_bias           | "yes"          | true or false, found "yes"
            """)
    void aWrongValueIsRefused(String key, String value, String message) {
        assertThatThrownBy(config.set(key, value)::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(folder.resolve("config.json") + ": expected " + key + " as " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            architectures                       | ["LlavaOnevisionForConditionalGeneration"] | LlavaNextForConditionalGeneration, LlavaForConditionalGeneration, LlavaLlamaForCausalLM
            text_config.model_type              | "qwen2"        | llama, mistral
            text_config.hidden_act              | "gelu"         | silu
            text_config.attention_bias          | true           | false
            text_config.mlp_bias                | true           | false
            text_config.quantization_config     | {"bits":4}     | weights in F32, F16 or BF16
            text_config.partial_rotary_factor   | 0.5            | 1
            quantization_config                 | {"bits":4}     | weights in F32, F16 or BF16
            vision_config.model_type            | "siglip_vision_model" | clip_vision_model
            vision_config.num_channels          | 1              | 3
            vision_config.hidden_act            | "relu"         | gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, silu
            projector_hidden_act                | "mish"         | gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, silu
            vision_feature_layer                | [-2,-5]        | features of one layer
            vision_feature_select_strategy      | "full"         | default (tiles have no place for a class token)
            """)
    void whatIsNotServedIsNamed(String key, String value, String supported) {
        assertThatThrownBy(config.set(key, value)::read)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(
                        folder.resolve("config.json") + ": found " + key + " = " + value + "; supported: " + supported);
    }

    @ParameterizedTest
    @CsvSource({"rope_scaling, rope_type, yarn", "rope_scaling, type, linear", "rope_parameters, rope_type, llama3"})
    void otherRotaryScalingsAreNotServed(String section, String key, String type) {
        config.set("text_config." + section, "{\"%s\":\"%s\",\"factor\":8.0}".formatted(key, type));
        assertThatThrownBy(config::read)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(folder.resolve("config.json") + ": found text_config." + section + "." + key + " = \""
                        + type + "\"; supported: default");
    }

    @Test
    void aConfigOfAnotherModelIsNotServed() {
        config.write("config.json", "{\"model_type\":\"qwen2_vl\"}");
        assertThatThrownBy(config::read)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageEndingWith("found model_type = \"qwen2_vl\"; supported: llava_next, llava, llava_llama");
        config.write("config.json", "{}");
        assertThatThrownBy(config::read)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageEndingWith("found model_type = nothing; supported: llava_next, llava, llava_llama");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            size                 | {"shortest_edge":224}         | the tower's image size 336, found {"shortest_edge":224}
            crop_size            | 224                           | the tower's image size 336, found 224
            size                 | {"longest_edge":336}          | shortest_edge, or height and width, found {"longest_edge":336}
            size                 | [336,336]                     | a whole number from 1 to 4096, found [336,336]
            image_mean           | [0.5,0.5]                     | a number from -1.0E9 to 1.0E9, found [0.5,0.5]
            image_mean           | [0.5,0.5,0.5,0.5]             | three numbers, found [0.5,0.5,0.5,0.5]
            image_std            | [0.5,0,0.5]                   | a number from 1.0E-9 to 1.0E9, found [0.5,0,0.5]
            rescale_factor       | 0                             | a number from 1.0E-9 to 1.0E9, found 0
            resample             | 9                             | a whole number from 0 to 5, found 9
            do_normalize         | 1                             | true or false, found 1
            image_grid_pinpoints | [[336,672]]                   | those of config.json, [[336,672],[672,336],[672,672],[1008,336],[336,1008]], found [[336,672]]
            """)
    void aWrongProcessorIsRefused(String key, String value, String message) {
        assertThatThrownBy(config.set("preprocessor_config.json", key, value)::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(folder.resolve("preprocessor_config.json") + ": expected " + key + " as " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"resample":0}                                                  | resample = 0; supported: 2 (bilinear), 3 (bicubic)
            {"do_resize":false}                                             | do_resize = false; supported: true
            {"do_center_crop":false}                                        | do_center_crop = false; supported: true, or a size with height and width
            {"size":{"height":336,"width":448}}                             | size = {"height":336,"width":448}; supported: equal height and width
            {"size":{"height":448,"width":448}}                             | size = {"height":448,"width":448}; supported: the tower's image size 336
            """)
    void processorsThatAreNotServedAreNamed(String processor, String message) {
        config.write("config.json", "{\"model_type\":\"llava\"}").write("preprocessor_config.json", processor);
        assertThatThrownBy(config::read)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(folder.resolve("preprocessor_config.json") + ": found " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            eos_token_id | 2048   | a whole number from 0 to 2047, found 2048
            eos_token_id | [2,-1] | a whole number from 0 to 2047, found [2,-1]
            eos_token_id | "2"    | a whole number from 0 to 2047, found "2"
            bos_token_id | [1,1]  | one id, found [1,1]
            pad_token_id | -2     | a whole number from -1 to 2147483647, found -2
            """)
    void wrongTokenIdsAreRefused(String key, String value, String message) {
        assertThatThrownBy(config.set("generation_config.json", key, value)::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(folder.resolve("generation_config.json") + ": expected " + key + " as " + message);
    }

    @Test
    void furtherFilesMustBeObjects() {
        config.write("generation_config.json", "[]");
        assertThatThrownBy(config::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(folder.resolve("generation_config.json") + ": expected a JSON object, found array");
    }
}
