package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.cli.terminal.Terminal;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The commands as users call them, on a small checkpoint.
class CommandsTest {
    private static final String PROMPT = "[INST] <image>\nWhat is shown in this image? [/INST]";

    /// What a command printed and returned.
    private record Result(int code, String out, String err) {
        JsonNode json() {
            assertThat(code).as(err).isZero();
            assertThat(out.strip().lines()).as("one object on standard output").hasSize(1);
            return JsonMapper.shared().readTree(out);
        }
    }

    private static Result run(String in, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                false);
        int code = Main.run(terminal, args);
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static Path fixtures() {
        Path fixtures = Path.of(System.getProperty("fovea.fixtures", "../shared/fixtures"));
        if (Files.isDirectory(fixtures)) {
            return fixtures;
        }
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError("fixtures not found at " + fixtures.toAbsolutePath());
        }
        System.out.println("fixtures not found at " + fixtures.toAbsolutePath() + ": command tests skipped");
        return Assumptions.abort("fixtures not found");
    }

    private static String model() {
        return fixtures().resolve("checkpoints/llava-next-tiny").toString();
    }

    private static String image(String name) {
        return fixtures().resolve("images").resolve(name).toString();
    }

    private static String[] with(String[] head, String... tail) {
        return Stream.concat(Stream.of(head), Stream.of(tail)).toArray(String[]::new);
    }

    private static String[] ask(String... more) {
        return with(new String[] {"ask", "--model", model(), "--image", image("draw_640x480.png")}, more);
    }

    @Test
    void askPrintsTheFieldsThatScriptsReadAndTheReferencesTokens() throws IOException {
        JsonNode recorded = JsonMapper.shared()
                .readTree(Files.readString(fixtures().resolve("goldens/hired/hired.json")))
                .get("cases")
                .get("image0/rate0.2/alpha0.5");
        JsonNode json = run(
                        "",
                        ask(
                                "--method",
                                "hired",
                                "--preset",
                                "reference",
                                "--budget",
                                "0.2",
                                "--max-tokens",
                                "16",
                                "--logprobs",
                                "3",
                                "--compute",
                                "f32",
                                "--json",
                                "--raw-prompt",
                                PROMPT))
                .json();
        assertThat(json.propertyNames())
                .contains(
                        "model",
                        "family",
                        "kernels",
                        "compute",
                        "method",
                        "images",
                        "prompt_tokens",
                        "token_ids",
                        "text")
                .contains("finish_reason", "first_logprobs", "timing_ms", "ttft_ms", "decode_tokens_per_second")
                .contains("kv_cache_bytes", "peak_rss_bytes");
        assertThat(json.get("timing_ms").propertyNames())
                .containsExactly("load", "preprocess", "vision", "select", "prefill", "decode", "total");
        assertThat(json.get("token_ids")).isEqualTo(recorded.get("greedy_ids"));
        assertThat(json.get("prompt_tokens").asInt())
                .isEqualTo(recorded.get("sequence_length").asInt());
        assertThat(json.at("/images/0/tokens").asInt())
                .isEqualTo(recorded.get("visual_tokens").asInt());
        assertThat(json.at("/images/0/tokens_before").asInt()).isEqualTo(2340);
        assertThat(json.at("/images/0/grid").toString()).isEqualTo("[2,2]");
        assertThat(json.at("/method/score").asString()).isEqualTo("count_alpha");
        assertThat(json.get("first_logprobs")).hasSize(3);
        assertThat(json.get("finish_reason").asString()).isEqualTo("length");
    }

    @Test
    void askAnswersOnStandardOutputAndTellsTheCostOnStandardError() {
        Result result = run("", ask("--max-tokens", "4", "--method", "thumbnail", "What is this?"));
        assertThat(result.code()).isZero();
        assertThat(result.out()).isNotBlank();
        assertThat(result.err()).contains("2340 -> 576 visual tokens").contains("first token");
    }

    @Test
    void inspectGivesBudgetsAndKeptTokensAndWritesThePicture(@TempDir Path folder) throws IOException {
        Path picture = folder.resolve("kept.png");
        JsonNode json = run(
                        "",
                        "inspect",
                        "--model",
                        model(),
                        "--image",
                        image("tall_200x900.png"),
                        "--method",
                        "hired",
                        "--preset",
                        "reference",
                        "--budget",
                        "0.05",
                        "--set",
                        "grid=fixed",
                        "--out",
                        picture.toString(),
                        "--json")
                .json();
        JsonNode first = json.get("images").get(0);
        assertThat(first.get("kept")).hasSize(114); // recorded with the authors' code
        assertThat(first.get("budgets").toString()).isEqualTo("[57,11,16,30]");
        assertThat(first.get("tokens").asInt()).isEqualTo(114);
        BufferedImage written = ImageIO.read(picture.toFile());
        assertThat(written.getWidth()).isGreaterThan(600);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(picture);
        }
    }

    @Test
    void tokenizeReadsLinesOfJsonStrings() {
        Result result = run("\"hello\"\n\"a\\nb\"\n", "tokenize", "--model", model(), "--lines");
        List<String> lines = result.out().lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(JsonMapper.shared().readTree(lines.get(0)).get("ids").toString())
                .isEqualTo("[1,22172]");
        assertThat(JsonMapper.shared().readTree(lines.get(1)).get("ids").toString())
                .isEqualTo("[1,263,13,29890]");
    }

    @Test
    void chatGoesOnWithoutSeeingThePictureAgain() {
        Result result = run(
                "What is this?\nAnd that?\n/budget 0.1\n/quit\n",
                "chat",
                "--model",
                model(),
                "--image",
                image("draw_640x480.png"),
                "--method",
                "hired",
                "--budget",
                "0.2",
                "--max-tokens",
                "3");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out().strip().lines().filter(line -> !line.isBlank())).hasSizeGreaterThanOrEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ask --model nowhere question | 1 | nowhere",
                "ask --model MODEL --modle x question | 2 | --modle",
                "ask --model MODEL --image MODEL/config.json question | 1 | config.json",
                "ask --model MODEL --image IMAGE --method hirde question | 2 | hirde",
                "ask --model MODEL --image IMAGE --method hired --set alfa=1 question | 2 | alfa",
                "ask --model MODEL --image IMAGE --method hired --set alpha=2 question | 2 | 0 … 1",
                "ask --model MODEL --image IMAGE --budget 1.5 --method hired question | 2 | 1.5",
                "ask --model MODEL --image IMAGE --context 100 question | 1 | prompt too long",
                "ask --model MODEL --image IMAGE --method fastv,hired question | 2 | fastv",
                "nonsense | 2 | nonsense",
            })
    void badInputGetsOneErrorThatNamesIt(String line, int code, String named) {
        String[] args = line.replace("MODEL", model())
                .replace("IMAGE", image("draw_640x480.png"))
                .strip()
                .split("\\s+", -1);
        Result result = run("", args);
        assertThat(result.code()).as(result.err()).isEqualTo(code);
        assertThat(result.err()).contains(named).doesNotContain("\tat ");
        assertThat(result.err().lines().filter(text -> text.startsWith("fovea: ")))
                .hasSize(1);
        assertThat(result.out()).isEmpty();
    }
}
