package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.text.Sampling;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// The whole path from image file to greedy answer, against transformers' float32 runs
/// (`goldens/model/lm_*`), for every key layout.
class LanguageParityTest {
    /// The layer that runs anywhere: small checkpoints and drawn pictures of the repository, recorded token ids.
    @ParameterizedTest
    @CsvSource({
        "llava-next-mini-old, vector",
        "llava-next-mini-new, vector",
        "llava-next-mini-old, scalar",
    })
    void answersToRecordedIdsEqualTransformers(String checkpoint, String kernels) {
        Goldens goldens = Goldens.read(Checkpoints.resource("/goldens/model"), "lm_llava-next-mini-old");
        try (Engine engine = Engines.load(Checkpoints.named(checkpoint), kernels)) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                List<ImageInput> images = expected.get("image").isNull()
                        ? List.of()
                        : List.of(new ImageInput.File(Checkpoints.resource(
                                "/images/" + expected.get("image").asString())));
                int[] ids = Goldens.expand(
                        expected.get("input_ids_rle"), engine.config().imageToken());
                check(engine, name, new Prompt.Tokens(ids, images), expected);
            });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "llava-next-tiny, lm_llava-next-tiny, best",
        "llava-next-mini-old, lm_llava-next-mini-old, best",
        "llava-next-mini-new, lm_llava-next-mini-old, best"
    })
    void answersEqualTransformers(String checkpoint, String golden, String kernels) {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/model"), golden);
        try (Engine engine = Engines.load(fixtures.resolve("checkpoints").resolve(checkpoint), kernels)) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                List<ImageInput> images = expected.get("image").isNull()
                        ? List.of()
                        : List.of(new ImageInput.File(fixtures.resolve("images")
                                .resolve(expected.get("image").asString())));
                Prompt prompt = new Prompt.Raw(expected.get("prompt").asString(), images);
                check(engine, name, prompt, expected);
            });
        }
    }

    private static void check(Engine engine, String name, Prompt prompt, JsonNode expected) {
        int[] greedy = Goldens.ints(expected.get("greedy_ids"));
        try (Session session = engine.open(SessionOptions.standard())) {
            Generation answer =
                    session.generate(prompt, Sampling.greedy(greedy.length).withLogprobs(20), TokenSink.NONE);
            assertThat(answer.stats().promptRows())
                    .as(name)
                    .isEqualTo(expected.get("prompt_length").asInt());
            double magnitude = Arrays.stream(Goldens.doubles(expected.get("top20_logits")))
                    .max()
                    .orElseThrow();
            double tolerance = ParityTolerance.decoder(engine.config(), magnitude);
            double difference = FirstStep.assertClose(name, expected, answer.firstLogprobs(), tolerance);
            double normaliser = expected.at("/top20_logprobs/0").asDouble()
                    - answer.firstLogprobs().getFirst().logprob();
            assertThat(Math.abs(normaliser)).as(name + " log-probability").isLessThanOrEqualTo(2 * tolerance + 1e-5);
            Greedy.assertEqual(name, greedy, Goldens.doubles(expected.get("greedy_margins")), answer.ids(), difference);
        }
    }
}
