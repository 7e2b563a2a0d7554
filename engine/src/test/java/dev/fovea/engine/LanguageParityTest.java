package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.text.TokenLogprob;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// The whole path from image file to greedy answer, against transformers' float32 runs
/// (`goldens/model/lm_*`), for every key layout and with every technique.
class LanguageParityTest {
    @ParameterizedTest
    @CsvSource({
        "llava-next-tiny, lm_llava-next-tiny, best",
        "llava-next-tiny, lm_llava-next-tiny, scalar",
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
            compareBest(name, answer.firstLogprobs(), expected, tolerance);
            Greedy.assertEqual(name, greedy, Goldens.doubles(expected.get("greedy_margins")), answer.ids(), tolerance);
        }
    }

    /// The 20 best of the first step; ids may swap where the recorded values are closer than the tolerance.
    private static void compareBest(String name, List<TokenLogprob> found, JsonNode expected, double tolerance) {
        int[] ids = Goldens.ints(expected.get("top20_ids"));
        double[] logprobs = Goldens.doubles(expected.get("top20_logprobs"));
        double recorded = 1e-5; // the golden numbers have five decimals
        for (int i = 0; i < ids.length; i++) {
            assertThat((double) found.get(i).logprob())
                    .as(name + " log-probability " + i)
                    .isCloseTo(logprobs[i], org.assertj.core.data.Offset.offset(tolerance + recorded));
            boolean tied = i > 0 && logprobs[i - 1] - logprobs[i] < 2 * (tolerance + recorded)
                    || i + 1 == ids.length
                    || logprobs[i] - logprobs[i + 1] < 2 * (tolerance + recorded);
            if (!tied) {
                assertThat(found.get(i).id()).as(name + " rank " + i).isEqualTo(ids[i]);
            }
        }
    }
}
