package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.ImageEncoder.Encoded;
import dev.fovea.engine.reduce.CellTrace;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Phase;
import dev.fovea.engine.text.Sampling;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// FlexAttention against the authors' code (`goldens/flex`): features of both streams, chosen cells of every layer
/// and step, the last row after every layer, logits with and without the high-resolution tokens, greedy answers.
class FlexParityTest {
    @Test
    void everyLayerAndStepEqualsTheAuthorsCode() {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/flex"), "flex");
        try (Engine engine = Engines.load(fixtures.resolve("checkpoints/llava15-flex-tiny"), "best")) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                Path file =
                        fixtures.resolve("images").resolve(expected.get("image").asString());
                Prompt prompt = new Prompt.Raw(expected.get("prompt").asString(), List.of(new ImageInput.File(file)));
                assertThat(engine.promptIds(prompt, true))
                        .as(name)
                        .containsExactly(Goldens.ints(expected.get("input_ids")));
                checkFeatures(engine, goldens, name, file);
                checkAnswer(engine, goldens, name, prompt);
                checkWithout(engine, goldens, name, prompt);
            });
        }
    }

    private static TokenReduction method(String name, Engine engine) {
        return Reductions.named(name, Reductions.Request.standard()).forModel(engine.config());
    }

    private static double tolerance(Engine engine, float[] values) {
        double magnitude = 0;
        for (float value : values) {
            magnitude = Math.max(magnitude, Math.abs(value));
        }
        return ParityTolerance.decoder(engine.config(), magnitude);
    }

    private static void checkFeatures(Engine engine, Goldens goldens, String name, Path file) {
        Encoded encoded = engine.encoder()
                .encode(
                        new ImageInput.File(file),
                        method("flexattention", engine),
                        new StatsRecorder(engine.kernels()));
        assertThat(encoded.stats().tokens()).as(name).isEqualTo(576);
        assertThat(encoded.stats().outside()).as(name).isEqualTo(5184);
        float[] lowres = goldens.floats(name + "/lowres_features_0_24");
        Goldens.assertClose(name + " lowres", lowres, every(24, encoded.rows()), tolerance(engine, lowres));
        float[] hires = goldens.floats(name + "/hires_features_0_97");
        Goldens.assertClose(name + " hires", hires, every(97, encoded.outside()), tolerance(engine, hires));
        checkLastRows(engine, goldens, name, encoded);
    }

    private static float[] every(int step, Tensor rows) {
        return new Tensor(
                        rows.data(), rows.offset(), (rows.rows() + step - 1) / step, rows.cols(), step * rows.stride())
                .toArray();
    }

    /// The prompt's last row after every layer.
    private static void checkLastRows(Engine engine, Goldens goldens, String name, Encoded image) {
        int[] ids = Goldens.ints(goldens.json().get("cases").get(name).get("input_ids"));
        int hidden = engine.config().text().hidden();
        int layers = engine.config().text().layers();
        Tensor rows = Tensor.zeros(ids.length - 1 + image.rows().rows(), hidden);
        int begin = Prompts.splice(engine, ids, image.rows(), rows);
        ImageSpan span = Prompts.span(begin, image);
        float[] last = new float[layers * hidden];
        int at = rows.rows() - 1;
        try (KvCache cache = new KvCache(engine.config().text(), Format.F32);
                DecoderHook hook =
                        method("flexattention", engine).hook(engine.model().decoder(), List.of(span))) {
            Runnable[] copies = new Runnable[layers + 1];
            for (int l = 1; l <= layers; l++) {
                int to = (l - 1) * hidden;
                copies[l] = () -> rows.copyRow(at, last, to);
            }
            copies[0] = () -> {};
            engine.model()
                    .decoder()
                    .forward(rows, 0, cache, hook, Phase.PREFILL, (l, _) -> copies[l].run(), engine.workspace());
            copies[layers].run();
        }
        float[] recorded = goldens.floats(name + "/last_token_hidden");
        Goldens.assertClose(name + " last rows", recorded, last, tolerance(engine, recorded));
    }

    private static void checkAnswer(Engine engine, Goldens goldens, String name, Prompt prompt) {
        JsonNode expected = goldens.json().get("cases").get(name);
        int[] greedy = Goldens.ints(expected.get("greedy_ids"));
        try (Session session = engine.open(SessionOptions.of(method("flexattention", engine)))) {
            Generation answer = session.generate(
                    prompt,
                    Sampling.greedy(greedy.length)
                            .withLogprobs(engine.config().text().vocab()),
                    TokenSink.NONE);
            ImageSpan span = session.images().getFirst();
            assertThat(new int[] {span.begin(), span.end()})
                    .as(name)
                    .containsExactly(Goldens.ints(expected.get("image_range")));
            assertThat(answer.stats().promptRows())
                    .as(name)
                    .isEqualTo(expected.get("sequence_length").asInt());
            checkCells(name, expected.get("selected_cells"), (CellTrace) session.hook());
            float[] logits = goldens.floats(name + "/logits");
            double tolerance = tolerance(engine, logits);
            FirstStep.assertLogits(name, answer.firstLogprobs(), expected, logits, tolerance);
            double[] margin = {expected.get("smallest_greedy_margin").asDouble()};
            Greedy.assertEqual(name, greedy, margin, answer.ids(), tolerance);
        }
    }

    private static void checkCells(String name, JsonNode recorded, CellTrace trace) {
        List<Map<Integer, int[]>> steps = trace.cells().getFirst();
        for (int step = 0; step < recorded.size(); step++) {
            Map<Integer, int[]> layers = steps.get(step);
            String what = name + " step " + step;
            assertThat(layers).as(what).hasSameSizeAs(recorded.get(step).propertyNames());
            recorded.get(step)
                    .forEachEntry((layer, cells) -> assertThat(layers.get(Integer.parseInt(layer)))
                            .as(what + " layer " + layer)
                            .containsExactly(Goldens.ints(cells)));
        }
        // The first selecting layer shows nothing, the last layer's choice is never shown.
        int shown = steps.getFirst().size() - 1;
        assertThat(trace.cellsComputed()).as(name).isBetween(1, shown * 81);
    }

    private static void checkWithout(Engine engine, Goldens goldens, String name, Prompt prompt) {
        float[] logits = goldens.floats(name + "/logits_without_hires");
        JsonNode expected = goldens.json().get("cases").get(name);
        try (Session session = engine.open(SessionOptions.of(method("none", engine)))) {
            Generation answer = session.generate(
                    prompt,
                    Sampling.greedy(1).withLogprobs(engine.config().text().vocab()),
                    TokenSink.NONE);
            ImageStats stats = answer.stats().images().getFirst();
            assertThat(stats.tiles()).as("tiles encoded without the method").isEqualTo(1);
            int[] best = Goldens.ints(expected.get("without_hires_top5_ids"));
            int[] found = answer.firstLogprobs().stream()
                    .limit(best.length)
                    .mapToInt(token -> token.id())
                    .toArray();
            assertThat(found).as(name + " without").containsExactly(best);
            float[] byId = new float[logits.length];
            answer.firstLogprobs().forEach(token -> byId[token.id()] = token.logprob());
            float shift = logits[best[0]] - byId[best[0]];
            for (int i = 0; i < byId.length; i++) {
                byId[i] += shift;
            }
            Goldens.assertClose(name + " without", logits, byId, 2 * tolerance(engine, logits));
        }
    }
}
