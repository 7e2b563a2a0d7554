package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.UnsupportedModelException;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.text.TokenLogprob;
import dev.fovea.kernel.Format;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A checkpoint written as a pair of GGUF files is the same model.
class GgufModelTest {
    private static final String CHECKPOINT = "llava-next-mini-old";

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void close() {
        arena.close();
    }

    /// The same numbers in the same kernels: equal bit for bit, rotary pairs, tower names and the missing layer
    /// included.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPairOfFilesAnswersAsTheCheckpointItIsMadeFrom(boolean downFirst) {
        List<TokenLogprob> expected;
        try (Engine engine = Engines.small(CHECKPOINT)) {
            expected = firstStep(engine);
        }
        try (Engine engine = load(pair(downFirst, Optional.empty()))) {
            assertThat(engine.config().family()).isEqualTo(VlmConfig.LLAVA_NEXT);
            assertThat(engine.config().spelling()).isEqualTo(VlmConfig.Spelling.GGUF);
            assertThat(engine.tokenizer()).isEmpty();
            assertThat(firstStep(engine)).isEqualTo(expected);
        }
    }

    /// The tower's last layer is not in the files: PruMerge reads its keys, HiRED needs none of it.
    @Test
    void aMethodThatNeedsAMissingTowerLayerIsRefused() {
        try (Engine engine = load(pair(false, Optional.empty()))) {
            Reductions.Request request = Reductions.Request.of(Budget.parse("0.2"));
            SessionOptions merge = SessionOptions.of(Reductions.named("prumerge", request));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.open(merge))
                    .withMessage("method prumerge: expected a model with layer 3 of the tower's 4, counted from 0,"
                            + " found a file with the first 3 alone");
            ImageInput image = new ImageInput.Pixels(Pictures.noise(300, 500, 1));
            assertThat(engine.inspect(image, Reductions.named("hired", request))
                            .stats()
                            .tokens())
                    .isPositive();
        }
    }

    @Test
    void roundedWeightsAreHeldInBlocks() {
        for (Format format : new Format[] {Format.Q8_0, Format.Q4_0}) {
            ModelSource source = new ModelSource(Checkpoints.named(CHECKPOINT), Optional.empty(), Optional.of(format));
            try (Engine engine = load(source);
                    Engine pair = load(pair(false, Optional.of(format)))) {
                assertThat(engine.model().projector().first().format()).isEqualTo(Format.F16);
                // Rows are rounded one by one, so that rows in another order round alike.
                assertThat(firstStep(engine)).isEqualTo(firstStep(pair));
            }
        }
    }

    @Test
    void onlyBlockFormatsAreRoundedTo() {
        ModelSource source = new ModelSource(Checkpoints.named(CHECKPOINT), Optional.empty(), Optional.of(Format.Q6_K));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> load(source))
                .withMessage("weights: expected Q8_0 or Q4_0, found Q6_K");
    }

    @Test
    void aLanguageModelAloneIsNotEnough() {
        ModelSource pair = pair(false, Optional.empty());
        Path projector = pair.projector().orElseThrow();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> load(ModelSource.of(pair.model())))
                .withMessage(pair.model()
                        + ": expected the GGUF file of its tower and projector with it (mmproj), found none");
        assertThatThrownBy(() -> load(new ModelSource(projector, pair.projector(), Optional.empty())))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(projector + ": found general.architecture = \"clip\"; supported: llama");
        assertThatThrownBy(() -> load(new ModelSource(pair.model(), Optional.of(pair.model()), Optional.empty())))
                .isInstanceOf(UnsupportedModelException.class);
        Path missing = folder.resolve("missing.gguf");
        assertThatThrownBy(() -> load(new ModelSource(pair.model(), Optional.of(missing), Optional.empty())))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(missing + ": expected a GGUF file, found nothing of that name");
    }

    private ModelSource pair(boolean downFirst, Optional<Format> weights) {
        GgufPair pair = new GgufPair(ModelFiles.open(Checkpoints.named(CHECKPOINT), arena));
        return new ModelSource(pair.text(folder), Optional.of(pair.tower(folder, downFirst)), weights);
    }

    private static Engine load(ModelSource source) {
        return Engine.load(source, Engines.withoutExif());
    }

    private static List<TokenLogprob> firstStep(Engine engine) {
        int[] ids = {1, 5, 17, engine.imageToken(), 300, 301};
        Prompt prompt = new Prompt.Tokens(ids, List.of(new ImageInput.Pixels(Pictures.noise(300, 500, 1))));
        try (Session session = engine.open(SessionOptions.standard())) {
            return session.generate(prompt, Sampling.greedy(2).withLogprobs(20), TokenSink.NONE)
                    .firstLogprobs();
        }
    }
}
