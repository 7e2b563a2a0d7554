package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.Prompt;
import dev.fovea.engine.Session;
import dev.fovea.engine.SessionOptions;
import dev.fovea.engine.TokenSink;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.Reductions.Request;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.kernel.Compute;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The model that comes along answers the examples as the file beside them says.
class ExamplesTest {
    private static final Path HOME = Path.of(System.getProperty("basedir", "."), "..");

    private static JsonNode expected() {
        return JsonMapper.shared()
                .readTree(HOME.resolve("examples/expected.json").toFile());
    }

    /// In bf16 as well, where the processor has it.
    @ParameterizedTest
    @CsvSource({"none, F32", "hired, F32", "none, BF16", "hired, BF16"})
    void everyExampleIsAnsweredAsItsFileSays(String method, Compute compute) {
        Set<String> pictures = new HashSet<>();
        Request request = method.equals("hired") ? Request.of(Budget.parse("0.2")) : Request.standard();
        try (Engine engine = Engine.load(
                HOME.resolve("models/fovea-mini"), EngineOptions.standard().withCompute(compute))) {
            for (JsonNode item : expected()) {
                if (!item.get("methods")
                        .valueStream()
                        .map(JsonNode::stringValue)
                        .toList()
                        .contains(method)) {
                    continue;
                }
                String image = item.get("image").stringValue();
                pictures.add(image);
                assertThat(answer(engine, Reductions.named(method, request), item))
                        .as(image + ": " + item.get("question").stringValue())
                        .isEqualTo(item.get("answer").stringValue());
            }
        }
        assertThat(pictures).hasSize(8);
    }

    /// The twin's own low resolution is what it is compared with; it was not chosen which questions are asked.
    @Test
    void theTwinAnswersMoreWithFlexAttentionThanWithTheSmallPictureAlone() {
        Map<String, Integer> right = new HashMap<>();
        try (Engine engine = Engine.load(HOME.resolve("models/fovea-mini-flex"), EngineOptions.standard())) {
            for (String method : List.of("none", "flexattention")) {
                for (JsonNode item : expected()) {
                    String answer = answer(engine, Reductions.named(method, Request.standard()), item);
                    right.merge(method, answer.equals(item.get("answer").stringValue()) ? 1 : 0, Integer::sum);
                }
            }
        }
        assertThat(right.get("flexattention"))
                .as(right.toString())
                .isGreaterThan(right.getOrDefault("none", 0) * 3 / 2);
    }

    private static String answer(Engine engine, TokenReduction method, JsonNode item) {
        Path image = HOME.resolve("examples").resolve(item.get("image").stringValue());
        Prompt prompt = Prompt.ask(item.get("question").stringValue(), image);
        try (Session session = engine.open(SessionOptions.of(method))) {
            return session.generate(prompt, Sampling.greedy(16), TokenSink.NONE)
                    .text()
                    .strip();
        }
    }

    @Test
    void theFirstCommandOfTheReadmeIsAmongThem() {
        assertThat(expected()
                        .valueStream()
                        .anyMatch(item -> item.get("image").stringValue().equals("receipt.png")
                                && item.get("question").stringValue().equals("What is the total?")
                                && item.get("answer").stringValue().equals("51.55")))
                .isTrue();
    }
}
