package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.Reductions.Request;
import dev.fovea.engine.text.Sampling;
import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/// The arithmetics that round more than binary32, where the processor has them.
class ArithmeticTest {
    /// Half a unit in the last place of bf16, relative.
    private static final double BF16 = 0x1p-8;

    /// Greedy answers of transformers, but for steps whose margin is narrower than what bf16 does to the first step;
    /// how much that is, is bounded by the roundings of one layer's products after another.
    @ParameterizedTest
    @CsvSource({"llava-next-mini-old", "llava-next-mini-new"})
    void bf16LeavesGreedyAnswersOfWideMarginsAsTheyAre(String checkpoint) {
        Goldens goldens = Goldens.read(Checkpoints.resource("/goldens/model"), "lm_llava-next-mini-old");
        int[] alike = new int[2];
        try (Engine engine = load(ModelSource.of(Checkpoints.named(checkpoint)), Compute.BF16, 2)) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                int[] ids = Goldens.expand(
                        expected.get("input_ids_rle"), engine.config().imageToken());
                Prompt prompt = new Prompt.Tokens(ids, images(expected));
                int[] greedy = Goldens.ints(expected.get("greedy_ids"));
                try (Session session = engine.open(SessionOptions.standard())) {
                    Generation answer = session.generate(
                            prompt, Sampling.greedy(greedy.length).withLogprobs(20), TokenSink.NONE);
                    double magnitude = Arrays.stream(Goldens.doubles(expected.get("top20_logits")))
                            .map(Math::abs)
                            .max()
                            .orElseThrow();
                    double difference =
                            FirstStep.assertClose(name, expected, answer.firstLogprobs(), tolerance(engine, magnitude));
                    Greedy.assertEqual(
                            name, greedy, Goldens.doubles(expected.get("greedy_margins")), answer.ids(), difference);
                    alike[0] += Arrays.equals(greedy, answer.ids()) ? 1 : 0;
                    alike[1]++;
                }
            });
        }
        assertThat(alike[0]).as("answers that are the same, of " + alike[1]).isGreaterThan(alike[1] / 2);
    }

    /// As [ParityTolerance], whose roundings have both signs: of one product of `n` numbers √n remain.
    private static double tolerance(Engine engine, double magnitude) {
        double text = engine.config().text().layers()
                * Math.sqrt(
                        engine.config().text().hidden() + engine.config().text().intermediate());
        double vision = engine.config().vision().layers()
                * Math.sqrt(engine.config().vision().hidden()
                        + engine.config().vision().intermediate());
        return BF16 * magnitude * (text + vision);
    }

    private static List<ImageInput> images(JsonNode expected) {
        return expected.get("image").isNull()
                ? List.of()
                : List.of(new ImageInput.File(
                        Checkpoints.resource("/images/" + expected.get("image").asString())));
    }

    /// Weights as stored and in blocks, all rows and reduced, the first step's logits of the whole vocabulary.
    @ParameterizedTest
    @EnumSource(Compute.class)
    void resultsDoNotDependOnTheNumberOfThreads(Compute compute) {
        for (Optional<Format> weights : List.of(Optional.<Format>empty(), Optional.of(Format.Q8_0))) {
            ModelSource source = new ModelSource(Checkpoints.named("llava-next-mini-old"), Optional.empty(), weights);
            List<Object> one = results(source, compute, 1);
            assertThat(results(source, compute, 2)).isEqualTo(one);
            assertThat(results(source, compute, 4)).isEqualTo(one);
        }
    }

    private static List<Object> results(ModelSource source, Compute compute, int threads) {
        List<Object> results = new ArrayList<>();
        try (Engine engine = load(source, compute, threads)) {
            for (String method : List.of("none", "hired")) {
                SessionOptions options = SessionOptions.of(Reductions.named(
                        method, method.equals("none") ? Request.standard() : Request.of(Budget.parse("0.3"))));
                try (Session session = engine.open(options)) {
                    int[] ids = {1, 5, engine.config().imageToken(), 7, 11, 13};
                    Path picture = Checkpoints.resource("/images/draw_640x480.png");
                    Prompt prompt = new Prompt.Tokens(ids, List.of(new ImageInput.File(picture)));
                    int vocabulary = engine.config().text().vocab();
                    Generation answer =
                            session.generate(prompt, Sampling.greedy(6).withLogprobs(vocabulary), TokenSink.NONE);
                    results.add(Arrays.toString(answer.ids()));
                    results.add(answer.firstLogprobs());
                }
            }
        }
        return results;
    }

    private static Engine load(ModelSource source, Compute compute, int threads) {
        EngineOptions standard = EngineOptions.standard();
        EngineOptions options = new EngineOptions(
                threads,
                "best",
                compute,
                standard.cacheFormat(),
                standard.imageLimits(),
                standard.applyExif(),
                Optional.empty());
        Engine engine = Engine.load(source, options);
        if (engine.compute() != compute) {
            engine.close();
            Assumptions.abort("this processor does not compute in " + compute);
        }
        return engine;
    }
}
