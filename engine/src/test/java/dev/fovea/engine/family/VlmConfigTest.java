package dev.fovea.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.Checkpoints;
import dev.fovea.engine.Fixtures;
import dev.fovea.engine.family.ImageSettings.Fit;
import dev.fovea.engine.family.VlmConfig.Spelling;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The configs of the checkpoints at hand, key by key.
class VlmConfigTest {
    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);
    private static final int[][] PINPOINTS = {{336, 672}, {672, 336}, {672, 672}, {1008, 336}, {336, 1008}};

    @ParameterizedTest
    @ValueSource(strings = {"llava-next-mini-old", "llava-next-mini-new"})
    void bothSpellingsOfLlavaNextSayTheSame(String checkpoint) {
        VlmConfig config = read(Checkpoints.named(checkpoint));

        assertThat(config.family()).isEqualTo("llava-next");
        assertThat(config.spelling()).isEqualTo(Spelling.HUGGING_FACE);
        assertThat(config.vision())
                .isEqualTo(new VisionConfig(4, 32, 2, 64, 336, 14, Activation.QUICK_GELU, 1e-5f, 3, false));
        assertThat(config.text())
                .isEqualTo(
                        new DecoderConfig(3, 64, 4, 2, 16, 160, 2048, 1e-5f, 1e6, 32768, false, OptionalInt.empty()));
        assertThat(config.projector()).isEqualTo(new ProjectorConfig(32, 64, Activation.GELU_ERF, true));
        assertThat(config.image())
                .isEqualTo(
                        new ImageSettings(Fit.ANY_RESOLUTION, 336, 336, 3, 0.00392156862745098, CLIP_MEAN, CLIP_STD));
        assertThat(config.imageToken()).isEqualTo(2046);
        assertThat(config.gridPinpoints().toArray(int[][]::new)).isDeepEqualTo(PINPOINTS);
        assertThat(config.newline()).isTrue();
        assertThat(config.eos()).containsExactly(2);
        assertThat(config.bos()).isEqualTo(1);
        assertThat(config.pad()).hasValue(2047);
        assertThat(config.flex()).isEmpty();
    }

    @Test
    void theOriginalSpellingWithFlexAttentionIsRead() {
        VlmConfig config = read(Checkpoints.named("llava15-flex-tiny"));

        assertThat(config.family()).isEqualTo("llava-1.5");
        assertThat(config.spelling()).isEqualTo(Spelling.ORIGINAL);
        assertThat(config.vision())
                .isEqualTo(new VisionConfig(4, 32, 2, 64, 336, 14, Activation.QUICK_GELU, 1e-5f, 3, false));
        assertThat(config.text())
                .isEqualTo(
                        new DecoderConfig(12, 64, 4, 4, 16, 128, 2048, 1e-5f, 10000, 4096, false, OptionalInt.empty()));
        assertThat(config.projector()).isEqualTo(new ProjectorConfig(32, 64, Activation.GELU_ERF, true));
        assertThat(config.image()).isEqualTo(new ImageSettings(Fit.PAD, 336, 336, 3, 1 / 255.0, CLIP_MEAN, CLIP_STD));
        assertThat(config.imageToken()).isEqualTo(-200);
        assertThat(config.gridPinpoints()).isEmpty();
        assertThat(config.newline()).isFalse();
        assertThat(config.eos()).containsExactly(2);
        assertThat(config.bos()).isEqualTo(1);
        assertThat(config.pad()).hasValue(0);
        assertThat(config.flex()).contains(new FlexConfig(3, 336, 1008, 48, 1, 8));
    }

    @Test
    void theConfigThatTransformersSavesIsRead() {
        VlmConfig config = read(Fixtures.require().resolve("checkpoints/llava-next-tiny"));

        assertThat(config.vision())
                .isEqualTo(new VisionConfig(6, 64, 4, 160, 336, 14, Activation.QUICK_GELU, 1e-5f, 5, false));
        assertThat(config.text())
                .isEqualTo(
                        new DecoderConfig(4, 96, 6, 2, 16, 256, 32064, 1e-5f, 1e6, 32768, false, OptionalInt.empty()));
        assertThat(config.imageToken()).isEqualTo(32000);
        assertThat(config.pad()).hasValue(32001);
    }

    @Test
    void llava15InHuggingFaceSpellingIsRead() {
        VlmConfig config = read(Fixtures.require().resolve("goldens/hired15"));

        assertThat(config.family()).isEqualTo("llava-1.5");
        assertThat(config.spelling()).isEqualTo(Spelling.HUGGING_FACE);
        assertThat(config.vision())
                .isEqualTo(new VisionConfig(6, 64, 4, 160, 336, 14, Activation.QUICK_GELU, 1e-5f, 5, false));
        assertThat(config.text().kvHeads()).isEqualTo(2);
        assertThat(config.image())
                .isEqualTo(new ImageSettings(Fit.CENTER_CROP, 336, 336, 3, 0.00392156862745098, CLIP_MEAN, CLIP_STD));
        assertThat(config.imageToken()).isEqualTo(32000);
        assertThat(config.gridPinpoints()).isEmpty();
        assertThat(config.newline()).isFalse();
        assertThat(config.eos()).containsExactly(2);
        assertThat(config.pad()).hasValue(32001);
        assertThat(config.flex()).isEqualTo(Optional.empty());
    }

    private static VlmConfig read(Path checkpoint) {
        return VlmConfig.read(ModelFiles.openWithoutWeights(checkpoint));
    }
}
