package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.file.SafetensorsWriter;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Preset;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// HiRED on LLaVA-1.5, whole path, against the authors' code (`goldens/hired15`): one cropped picture, no tiles.
class HiRed15ParityTest {
    @Test
    void referencePresetEqualsTheAuthorsCode(@TempDir Path checkpoint) throws IOException {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/hired15"), "hired15");
        assemble(fixtures, checkpoint);
        EngineOptions options = Engines.withoutExif();
        try (Engine engine = Engine.load(checkpoint, options)) {
            goldens.json().get("cases").forEachEntry((name, expected) -> check(engine, fixtures, name, expected));
        }
    }

    /// A LLaVA-1.5 checkpoint as the goldens' maker had it: the weights of `llava-next-tiny` without the newline.
    private static void assemble(Path fixtures, Path checkpoint) throws IOException {
        Path weights = fixtures.resolve("checkpoints/llava-next-tiny");
        for (String name : List.of("config.json", "preprocessor_config.json")) {
            Files.copy(fixtures.resolve("goldens/hired15").resolve(name), checkpoint.resolve(name));
        }
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.json")) {
            Path file = weights.resolve(name);
            if (Files.exists(file)) {
                Files.copy(file, checkpoint.resolve(name));
            }
        }
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Arena arena = Arena.ofConfined()) {
            ModelFiles.open(weights, arena).tensors().values().stream()
                    .filter(tensor -> !tensor.name().equals("image_newline"))
                    .forEach(tensor -> writer.add(
                            tensor.name(),
                            tensor.dtype(),
                            tensor.shape(),
                            tensor.bytes().toArray(ValueLayout.JAVA_BYTE)));
        }
        writer.write(checkpoint.resolve("model.safetensors"));
    }

    private static void check(Engine engine, Path fixtures, String name, JsonNode expected) {
        Budget budget = new Budget.Rate(expected.get("token_budget_rate").asDouble());
        TokenReduction method =
                Reductions.named("hired", new Reductions.Request(Optional.of(Preset.REFERENCE), budget, Map.of()));
        ImageInput image = new ImageInput.File(
                fixtures.resolve("images").resolve(expected.get("image").asString()));
        int[] greedy = Goldens.ints(expected.get("greedy_ids"));
        try (Session session = engine.open(SessionOptions.of(method))) {
            Generation answer = session.generate(
                    new Prompt.Raw(expected.get("prompt").asString(), List.of(image)),
                    Sampling.greedy(greedy.length).withLogprobs(20),
                    TokenSink.NONE);
            assertThat(answer.stats().promptRows())
                    .as(name)
                    .isEqualTo(expected.get("sequence_length").asInt());
            assertThat(engine.inspect(image, method).reduced().prompt().origins())
                    .as(name)
                    .containsExactly(Goldens.ints(expected.get("selected")));
            double tolerance = ParityTolerance.decoder(
                    engine.config(), expected.at("/top20_logits/0").asDouble());
            double difference = FirstStep.assertClose(name, expected, answer.firstLogprobs(), tolerance);
            double[] margin = {expected.get("smallest_greedy_margin").asDouble()};
            Greedy.assertEqual(name, greedy, margin, answer.ids(), difference);
        }
    }
}
