package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.TensorEntry;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.tokenizer.ChatFormat;
import dev.fovea.engine.tokenizer.Tokenizer;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Quantizer;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// The pairs of GGUF files among the fixtures against what the reference reads and answers (`gguf/gguf.json`).
class GgufParityTest {
    /// Statistics are recorded with seven decimals.
    private static final double RECORDED = 1e-7;

    /// Slices are first rows, but of the embedding rows from this one on.
    private static final int FIRST_EMBEDDING = 300;

    private final Path folder = Fixtures.require().resolve("gguf");
    private final Goldens goldens = Goldens.read(folder, "gguf");

    @ParameterizedTest
    @EnumSource(Format.class)
    void everyServedTypeDecodesToTheBit(Format format) {
        float[] expected = goldens.floats("blocks/" + format + "/values");
        TensorEntry raw = Objects.requireNonNull(goldens.tensors().get("blocks/" + format + "/raw"));
        assertThat(raw.bytes().byteSize()).isEqualTo(format.bytes(expected.length));
        float[] found = new float[expected.length];
        format.unpack(raw.bytes(), 0, found.length, found, 0);
        assertThat(found).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F16", "Q8_0", "Q4_0"})
    void everyTensorIsTheOneRecorded(String type) {
        try (Arena arena = Arena.ofConfined()) {
            GgufFile file = GgufFile.open(model(type), arena);
            JsonNode tensors = goldens.json().at("/files/" + type + "/tensors");
            assertThat(file.tensors()).hasSize(tensors.size());
            tensors.forEachEntry((name, expected) -> {
                TensorEntry entry = Objects.requireNonNull(file.tensors().get(name), name);
                assertThat(Arrays.stream(entry.shape())
                                .mapToInt(Math::toIntExact)
                                .toArray())
                        .as(name)
                        .containsExactly(Goldens.ints(expected.get("shape")));
                statistics(type + " " + name, expected, entry.floats());
                if (goldens.tensors().containsKey(type + "/" + name)) {
                    float[] slice = goldens.floats(type + "/" + name);
                    int begin = name.equals("token_embd.weight") ? FIRST_EMBEDDING * (int) entry.shape()[1] : 0;
                    assertThat(Arrays.copyOfRange(entry.floats(), begin, begin + slice.length))
                            .as(name)
                            .containsExactly(slice);
                }
            });
        }
    }

    private static void statistics(String name, JsonNode expected, float[] x) {
        double sum = 0;
        double squares = 0;
        double ramp = 0;
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < x.length; i++) {
            sum += x[i];
            squares += (double) x[i] * x[i];
            ramp += x[i] * (i % 97 - 48.0);
            min = Math.min(min, x[i]);
            max = Math.max(max, x[i]);
        }
        assertNear(name + " mean", expected.get("mean"), sum / x.length);
        assertNear(name + " l2", expected.get("l2"), Math.sqrt(squares));
        assertNear(name + " ramp", expected.get("ramp"), ramp / x.length);
        assertNear(name + " min", expected.get("min"), min);
        assertNear(name + " max", expected.get("max"), max);
    }

    private static void assertNear(String what, JsonNode expected, double found) {
        assertThat(Math.abs(expected.asDouble() - found)).as(what).isLessThanOrEqualTo(RECORDED);
    }

    /// Both conventions of the tower's names, which hold equal weights.
    @ParameterizedTest
    @CsvSource({"F32, f32, best", "F32, f16, best", "Q8_0, f16, best", "Q4_0, f32, best", "Q4_0, f32, scalar"})
    void answersEqualTheReference(String type, String projector, String kernels) {
        try (Engine engine = load(type, projector, kernels, Optional.empty())) {
            assertThat(engine.imageToken())
                    .isEqualTo(goldens.json().get("image_token").asInt());
            goldens.json()
                    .at("/files/" + type + "/runs")
                    .forEachEntry((name, expected) -> check(engine, type, name, expected));
        }
    }

    private void check(Engine engine, String type, String name, JsonNode expected) {
        boolean picture = !expected.get("image").isNull();
        List<ImageInput> images = picture
                ? List.of(new ImageInput.File(Fixtures.require()
                        .resolve("images")
                        .resolve(expected.get("image").asString())))
                : List.of();
        Prompt prompt = new Prompt.Raw(expected.get("prompt").asString(), images);
        assertThat(engine.promptIds(prompt, true))
                .as(name)
                .containsExactly(Goldens.expand(expected.get("input_ids_rle"), engine.imageToken()));
        int[] greedy = Goldens.ints(expected.get("greedy_ids"));
        try (Session session = engine.open(SessionOptions.standard())) {
            Generation answer =
                    session.generate(prompt, Sampling.greedy(greedy.length).withLogprobs(1024), TokenSink.NONE);
            assertThat(answer.stats().promptRows())
                    .as(name)
                    .isEqualTo(expected.get("prompt_length").asInt());
            double magnitude = Arrays.stream(Goldens.doubles(expected.get("top20_logits")))
                    .max()
                    .orElseThrow();
            double tolerance = ParityTolerance.decoder(engine.config(), magnitude);
            float[] logits = goldens.floats(type + "/" + name + "/logits_0_16");
            FirstStep.assertLogits(name, answer.firstLogprobs(), expected, logits, tolerance);
            double difference = FirstStep.assertClose(name, expected, answer.firstLogprobs(), tolerance);
            Greedy.assertEqual(name, greedy, Goldens.doubles(expected.get("greedy_margins")), answer.ids(), difference);
        }
    }

    /// Rounding gives the bytes of the reference's own files: the one in Q8_0 was made of the f32 weights, the one in
    /// Q4_0 of the one in Q8_0.
    @ParameterizedTest
    @CsvSource({"F32, Q8_0, 16", "Q8_0, Q4_0, 15"})
    void roundedWeightsAreTheReferencesToTheBit(String from, String type, int matrices) {
        try (Arena arena = Arena.ofConfined()) {
            GgufFile plain = GgufFile.open(model(from), arena);
            GgufFile rounded = GgufFile.open(model(type), arena);
            int compared = 0;
            for (TensorEntry expected : rounded.tensors().values()) {
                TensorEntry source = Objects.requireNonNull(plain.tensors().get(expected.name()));
                if (expected.dtype().equals(type)) {
                    float[] numbers = source.floats();
                    byte[] found = new byte[(int) expected.format().bytes(numbers.length)];
                    Quantizer.quantize(numbers, 0, numbers.length, expected.format(), found, 0);
                    assertThat(found)
                            .as(expected.toString())
                            .isEqualTo(expected.bytes().toArray(ValueLayout.JAVA_BYTE));
                    compared++;
                }
            }
            assertThat(compared).isEqualTo(matrices);
        }
    }

    /// Which matrices are rounded is the reference's choice too.
    @Test
    void roundingWhileLoadingGivesTheReferencesModel() {
        try (Engine engine = load("F32", "f32", "best", Optional.of(Format.Q8_0))) {
            goldens.json()
                    .at("/files/Q8_0/runs")
                    .forEachEntry((name, expected) -> check(engine, "Q8_0", name, expected));
        }
    }

    @Test
    void theTokenizerOfTheFileDecodesWhatItEncodes() {
        try (Arena arena = Arena.ofConfined()) {
            Tokenizer tokenizer =
                    Tokenizer.load(GgufFile.open(model("F32"), arena).metadata());
            for (String text : List.of("Write a short poem.", "  two  spaces", "Grüße, 世界!\n", "a<b>c")) {
                assertThat(tokenizer.decode(tokenizer.encodeWithoutSpecials(text)))
                        .isEqualTo(text);
            }
        }
    }

    private Path model(String type) {
        return folder.resolve("lm-" + type.toLowerCase(Locale.ROOT) + ".gguf");
    }

    private Engine load(String type, String projector, String kernels, Optional<Format> weights) {
        EngineOptions standard = Engines.withoutExif();
        EngineOptions options = new EngineOptions(
                standard.threads(),
                kernels,
                standard.compute(),
                standard.cacheFormat(),
                standard.imageLimits(),
                standard.applyExif(),
                Optional.of(ChatFormat.MISTRAL_INSTRUCT.label()));
        ModelSource source =
                new ModelSource(model(type), Optional.of(folder.resolve("mmproj-" + projector + ".gguf")), weights);
        return Engine.load(source, options);
    }
}
