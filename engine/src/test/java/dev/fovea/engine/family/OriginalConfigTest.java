package dev.fovea.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.family.ImageSettings.Fit;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.UnsupportedModelException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginalConfigTest {
    @TempDir
    Path folder;

    private ConfigFolder config;

    @BeforeEach
    void copyTheCheckpoint() {
        config = ConfigFolder.of("llava15-flex-tiny", folder);
    }

    @Test
    void theArchitectureDecidesNotTheModelType() {
        config.set("model_type", "\"llava\"")
                .set("image_token_index", "32000")
                .set("text_config", "{\"model_type\":\"llama\"}")
                .set("projector_hidden_act", "\"gelu\"");
        assertThat(config.read().spelling()).isEqualTo(VlmConfig.Spelling.ORIGINAL);
        assertThat(config.read().text().layers()).isEqualTo(12);
        assertThat(config.read().imageToken()).isEqualTo(-200);
    }

    @Test
    void theModelTypeDecidesWhereNoArchitectureIsNamed() {
        assertThat(config.set("architectures", "").read().spelling()).isEqualTo(VlmConfig.Spelling.ORIGINAL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"./vision_tower\"",
                "\"vision_tower/\"",
                "\"openai/clip-vit-large-patch14-336\"",
                "\"../up\"",
                "null"
            })
    void theTowerLiesBesideTheCheckpoint(String named) {
        assertThat(config.set("mm_vision_tower", named).read().vision().layers())
                .isEqualTo(4);
    }

    @Test
    void aTowerThatIsNamedIsPreferred() {
        config.write("other/config.json", "{\"hidden_size\":32,\"num_attention_heads\":4,\"image_size\":336}")
                .set("mm_vision_tower", "\"./other\"");
        assertThat(config.read().vision().heads()).isEqualTo(4);
    }

    @Test
    void aWholeClipConfigHasItsTowerInside() {
        config.write(
                "vision_tower/config.json",
                "{\"model_type\":\"clip\",\"hidden_size\":5,\"vision_config\":"
                        + "{\"hidden_size\":32,\"num_attention_heads\":4,\"image_size\":336,\"patch_size\":14}}");
        assertThat(config.read().vision().hidden()).isEqualTo(32);
        assertThat(config.read().vision().patchSize()).isEqualTo(14);
    }

    @Test
    void aMissingTowerIsNamed() {
        config.delete("vision_tower/config.json").set("mm_vision_tower", "\"openai/clip-vit-large-patch14-336\"");
        assertThatThrownBy(config::read)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(folder.resolve("config.json")
                        + ": found mm_vision_tower = \"openai/clip-vit-large-patch14-336\"; supported: "
                        + "a directory vision_tower with the tower's config.json beside the checkpoint's");
    }

    @Test
    void theAspectKeyChoosesBetweenPaddingAndCropping() {
        assertThat(config.read().image().fit()).isEqualTo(Fit.PAD);
        assertThat(config.set("image_aspect_ratio", "\"square\"").read().image().fit())
                .isEqualTo(Fit.CENTER_CROP);
        assertThat(config.set("image_aspect_ratio", "").read().image().fit()).isEqualTo(Fit.CENTER_CROP);
    }

    @Test
    void withoutExtraThereIsNoFlexAttention() {
        assertThat(config.set("extra", "").read().flex()).isEmpty();
        assertThat(config.set("extra", "{\"threshold\":\"48\"}").read().flex()).isEmpty();
    }

    @Test
    void flexAttentionHasTheDefaultsOfItsCode() {
        assertThat(config.set("extra", "{\"zoom_ratio\":2}").read().flex())
                .contains(new FlexConfig(2, 336, 672, 64, 1, 8));
        assertThat(config.set(
                                "extra",
                                "{\"zoom_ratio\":\"3\",\"threshold\":\"47.5\",\"warmup\":\"0.5\","
                                        + "\"first_layer\":\"1\"}")
                        .read()
                        .flex())
                .contains(new FlexConfig(3, 336, 1008, 47.5, 0.5, 1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mm_projector_type          | "mlp3x_gelu"  | mm_projector_type = "mlp3x_gelu"; supported: mlp2x_gelu
            mm_projector_type          | ''            | mm_projector_type = nothing; supported: mlp2x_gelu
            mm_patch_merge_type        | "spatial"     | mm_patch_merge_type = "spatial"; supported: flat
            image_aspect_ratio         | "anyres"      | image_aspect_ratio = "anyres"; supported: square, pad
            mm_vision_select_feature   | "cls"         | mm_vision_select_feature = "cls"; supported: patch, cls_patch
            mm_use_im_start_end        | true          | mm_use_im_start_end = true; supported: false
            extra.special              | "random"      | extra.special = "random"; supported: its absence
            rope_scaling               | {"type":"linear","factor":2.0} | rope_scaling.type = "linear"; supported: default
            mm_vision_select_layer     | [-2,-5]       | mm_vision_select_layer = [-2,-5]; supported: features of one layer
            """)
    void whatIsNotServedIsNamed(String key, String value, String message) {
        assertThatThrownBy(config.set(key, value)::read)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(folder.resolve("config.json") + ": found " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mm_hidden_size             | 64            | mm_hidden_size as the tower's hidden_size 32, found 64
            mm_vision_select_layer     | -6            | mm_vision_select_layer as a whole number from -5 to 4, found -6
            extra.zoom_ratio           | "three"       | extra.zoom_ratio as a whole number from 1.0 to 16.0, found "three"
            extra.zoom_ratio           | "2.5"         | extra.zoom_ratio as a whole number from 1.0 to 16.0, found "2.5"
            extra.lowres_size          | "224"         | extra.lowres_size as the tower's image size 336, found "224"
            extra.highres_size         | "672"         | extra.highres_size as lowres_size * zoom_ratio, 1008, found "672"
            extra.threshold            | "256"         | extra.threshold as a number from 0.0 to 255.0, found "256"
            extra                      | 3             | extra as an object, found 3
            """)
    void whatContradictsItselfIsRefused(String key, String value, String message) {
        assertThatThrownBy(config.set(key, value)::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(folder.resolve("config.json") + ": expected " + message);
    }
}
