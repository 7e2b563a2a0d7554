package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.ImageEncoder.Encoded;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.PruningTrace;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Phase;
import dev.fovea.engine.text.Sampler;
import dev.fovea.engine.text.Sampling;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// FastV against the authors' fork (`goldens/fastv`): ranking, kept positions, logits, greedy answers with the cache
/// and without it, where the choice is made anew for every token. "full" cases see all tiles, "base" cases the base
/// tile alone, which is `thumbnail,fastv`.
class FastVParityTest {
    @Test
    void staticPruningEqualsTheAuthorsCode() {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/fastv"), "fastv");
        Map<String, Encoded> encoded = new HashMap<>();
        try (Engine engine = Engines.load(fixtures.resolve("checkpoints/llava-next-tiny"), "best")) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                Path file =
                        fixtures.resolve("images").resolve(expected.get("image").asString());
                TokenReduction reduction = reduction(name, expected);
                double best = expected.at("/top20_logits/0").asDouble();
                double tolerance = ParityTolerance.decoder(engine.config(), best);
                checkCached(engine, goldens, name, file, reduction, tolerance);
                Encoded image = encoded.computeIfAbsent(
                        file + reduction.name(),
                        _ -> engine.encoder()
                                .encode(new ImageInput.File(file), reduction, new StatsRecorder(engine.kernels())));
                double[] margin = {expected.get("greedy_no_cache_margin").asDouble()};
                int[] greedy = Goldens.ints(expected.get("greedy_no_cache"));
                int[] ids =
                        engine.promptIds(new Prompt.Raw(expected.get("prompt").asString(), List.of()), true);
                int[] found = withoutCache(engine, ids, image, reduction, greedy.length);
                Greedy.assertEqual(name + " no cache", greedy, margin, found, tolerance);
            });
        }
    }

    private static TokenReduction reduction(String name, JsonNode expected) {
        Map<String, String> settings =
                Map.of("k", expected.get("k").asString(), "r", expected.get("r").asString());
        return Reductions.named(
                name.contains("/base/") ? "thumbnail,fastv" : "fastv",
                new Reductions.Request(Optional.empty(), Budget.all(), settings));
    }

    private static void checkCached(
            Engine engine, Goldens goldens, String name, Path file, TokenReduction reduction, double tolerance) {
        JsonNode expected = goldens.json().get("cases").get(name);
        int[] greedy = Goldens.ints(expected.get("greedy_cached"));
        try (Session session = engine.open(SessionOptions.of(reduction))) {
            Generation answer = session.generate(
                    new Prompt.Raw(expected.get("prompt").asString(), List.of(new ImageInput.File(file))),
                    Sampling.greedy(greedy.length)
                            .withLogprobs(engine.config().text().vocab()),
                    TokenSink.NONE);
            ImageSpan span = session.images().getFirst();
            assertThat(span.begin())
                    .as(name)
                    .isEqualTo(expected.get("image_start").asInt());
            assertThat(span.end() - span.begin())
                    .as(name)
                    .isEqualTo(expected.get("image_length").asInt());
            checkTrace(engine, goldens, name, session, span);
            checkCache(expected, answer.stats(), greedy.length - 1);
            FirstStep.assertLogits(
                    name, answer.firstLogprobs(), expected, goldens.floats(name + "/logits_0_16"), tolerance);
            double[] margin = {expected.get("greedy_cached_margin").asDouble()};
            Greedy.assertEqual(name, greedy, margin, answer.ids(), tolerance);
        }
    }

    private static void checkTrace(Engine engine, Goldens goldens, String name, Session session, ImageSpan span) {
        PruningTrace trace = (PruningTrace) session.hook();
        int[] kept =
                IntStream.of(trace.keptPositions()).map(at -> at - span.begin()).toArray();
        assertThat(kept).as(name + " kept").containsExactly(goldens.ints(name + "/kept_image"));
        if (goldens.tensors().containsKey(name + "/image_score")) {
            float[] recorded = goldens.floats(name + "/image_score");
            float[] found = Arrays.copyOfRange(trace.scores(), span.begin(), span.end());
            float largest = 0;
            for (float score : recorded) {
                largest = Math.max(largest, score);
            }
            // Relative error of a softmax is that of its logits, which are below ten, times their magnitude.
            double tolerance = 10 * largest * ParityTolerance.decoder(engine.config(), 1);
            Goldens.assertClose(name + " scores", recorded, found, tolerance);
        }
    }

    /// Layers before `k` hold everything, the others text and kept tokens; one row more for each token that was fed.
    private static void checkCache(JsonNode expected, Stats stats, int fed) {
        int k = expected.get("k").asInt();
        for (int layer = 0; layer < stats.cacheRows().length; layer++) {
            String rows = layer < k ? "prompt_length" : "kept_length";
            assertThat(stats.cacheRows()[layer])
                    .as("layer " + layer)
                    .isEqualTo(expected.get(rows).asInt() + fed);
        }
    }

    /// Greedy ids where every step runs the whole sequence anew on a fresh cache.
    private static int[] withoutCache(Engine engine, int[] prompt, Encoded image, TokenReduction reduction, int count) {
        int[] ids = prompt;
        for (int step = 0; step < count; step++) {
            Tensor rows = Tensor.zeros(
                    ids.length - 1 + image.rows().rows(), engine.config().text().hidden());
            int begin = Prompts.splice(engine, ids, image.rows(), rows);
            ImageSpan span = Prompts.span(begin, image);
            try (KvCache cache = new KvCache(engine.config().text(), Format.F32)) {
                Tensor logits = engine.model()
                        .decoder()
                        .forward(
                                rows,
                                0,
                                cache,
                                reduction.hook(engine.model().decoder(), List.of(span)),
                                Phase.PREFILL,
                                (_, _) -> {},
                                engine.workspace());
                ids = Arrays.copyOf(ids, ids.length + 1);
                ids[ids.length - 1] = new Sampler(Sampling.greedy(1), new int[0]).next(logits);
            }
        }
        return Arrays.copyOfRange(ids, prompt.length, ids.length);
    }
}
