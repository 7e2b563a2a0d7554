package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Preset;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The `reference` preset against the authors' code (`goldens/hired`, `goldens/hired15`), quirk for quirk and with the
/// grid put right.
class HiRedParityTest {
    @Test
    void referencePresetEqualsTheAuthorsCode() {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/hired"), "hired");
        try (Engine engine = Engines.load(fixtures.resolve("checkpoints/llava-next-tiny"), "best")) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                Map<String, String> settings = new HashMap<>();
                settings.put("alpha", expected.get("alpha").asString());
                if (name.endsWith("/fixed_grid")) {
                    settings.put("grid", "fixed");
                }
                check(engine, fixtures, name, expected, settings);
                int[] budgets = Goldens.ints(expected.get("tile_budgets"));
                ImageInput image = image(fixtures, expected);
                Inspection inspection = engine.inspect(image, reduction(expected, settings));
                assertThat(inspection.reduced().budgets()).as(name).containsExactly(budgets);
                assertThat(inspection.reduced().prompt().origins())
                        .as(name)
                        .containsExactly(goldens.ints(name + "/kept"));
            });
        }
    }

    static TokenReduction reduction(JsonNode expected, Map<String, String> settings) {
        Budget budget = new Budget.Rate(expected.get("token_budget_rate").asDouble());
        return Reductions.named("hired", new Reductions.Request(Optional.of(Preset.REFERENCE), budget, settings));
    }

    private static ImageInput image(Path fixtures, JsonNode expected) {
        return new ImageInput.File(
                fixtures.resolve("images").resolve(expected.get("image").asString()));
    }

    private static void check(
            Engine engine, Path fixtures, String name, JsonNode expected, Map<String, String> settings) {
        int[] greedy = Goldens.ints(expected.get("greedy_ids"));
        SessionOptions options = SessionOptions.of(reduction(expected, settings));
        try (Session session = engine.open(options)) {
            Generation answer = session.generate(
                    new Prompt.Raw(expected.get("prompt").asString(), List.of(image(fixtures, expected))),
                    Sampling.greedy(greedy.length).withLogprobs(20),
                    TokenSink.NONE);
            assertThat(answer.stats().images().getFirst().tokens())
                    .as(name)
                    .isEqualTo(expected.get("visual_tokens").asInt());
            assertThat(answer.stats().promptRows())
                    .as(name)
                    .isEqualTo(expected.get("sequence_length").asInt());
            double[] logits = Goldens.doubles(expected.get("top20_logits"));
            double tolerance = ParityTolerance.decoder(engine.config(), logits[0]);
            double difference = FirstStep.assertClose(name, expected, answer.firstLogprobs(), tolerance);
            double[] margin = {expected.get("smallest_greedy_margin").asDouble()};
            Greedy.assertEqual(name, greedy, margin, answer.ids(), difference);
        }
    }
}
