package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `fovea ask` on a small checkpoint.
class AskCommandTest {
    @TempDir
    static Path directory;

    private static String model = "";
    private static String image = "";
    private static String other = "";

    @BeforeAll
    static void prepare() {
        model = TinyCheckpoint.llavaNext(directory.resolve("model")).toString();
        image = Ran.picture(directory, "picture.png", 640, 480).toString();
        other = Ran.picture(directory, "other.png", 200, 300).toString();
    }

    private static JsonNode ask(String... more) {
        List<String> args = new ArrayList<>(List.of("ask", "--model", model, "--max-tokens", "3", "--json"));
        args.addAll(List.of(more));
        Ran ran = Ran.fovea("", args);
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        assertThat(ran.out().strip().lines()).hasSize(1);
        return ran.json();
    }

    @Test
    void jsonHasExactlyTheFieldsPromised() {
        JsonNode json = ask("--image", image, "--method", "hired", "--budget", "0.2", "--logprobs", "5", "What?");

        assertThat(json.propertyNames())
                .containsExactly(
                        "model",
                        "family",
                        "kernels",
                        "compute",
                        "method",
                        "images",
                        "prompt_tokens",
                        "token_ids",
                        "text",
                        "finish_reason",
                        "first_logprobs",
                        "timing_ms",
                        "ttft_ms",
                        "decode_tokens_per_second",
                        "kv_cache_bytes",
                        "peak_rss_bytes");
        assertThat(json.get("method").propertyNames())
                .containsExactly(
                        "name",
                        "preset",
                        "budget",
                        "alpha",
                        "score",
                        "region",
                        "grid",
                        "newline",
                        "remainder",
                        "skip_below");
        assertThat(json.get("images").get(0).propertyNames())
                .containsExactly("width", "height", "grid", "tiles", "tiles_encoded", "tokens_before", "tokens");
        assertThat(json.get("timing_ms").propertyNames())
                .containsExactly("load", "preprocess", "vision", "select", "prefill", "decode", "total");
        assertThat(json.get("first_logprobs").get(0).propertyNames()).containsExactly("id", "logprob");
    }

    @Test
    void theArithmeticIsTheOneThatIsAskedFor() {
        JsonNode json = ask("--image", image, "--compute", "f32", "What?");
        assertThat(json.get("compute").stringValue()).isEqualTo("f32");
    }

    @Test
    void jsonSaysWhatHappened() {
        JsonNode json = ask("--image", image, "--method", "hired", "--budget", "0.2", "--logprobs", "5", "What?");

        assertThat(json.get("family").stringValue()).isEqualTo("llava-next");
        assertThat(json.get("compute").stringValue()).isIn("bf16", "f32"); // where the processor has no bf16
        assertThat(json.get("method").get("budget").doubleValue()).isEqualTo(0.2);
        assertThat(json.get("method").get("preset").stringValue()).isEqualTo("paper");
        JsonNode seen = json.get("images").get(0);
        assertThat(seen.get("width").intValue()).isEqualTo(640);
        assertThat(seen.get("grid").toString()).isEqualTo("[2,2]");
        assertThat(seen.get("tiles").intValue()).isEqualTo(5);
        assertThat(seen.get("tokens_before").intValue()).isEqualTo(2340);
        assertThat(seen.get("tokens").intValue()).isBetween(288, 576);
        assertThat(json.get("finish_reason").stringValue()).isEqualTo("length");
        assertThat(json.get("token_ids")).hasSize(3);
        assertThat(json.get("first_logprobs")).hasSize(5);
        assertThat(json.get("first_logprobs").get(0).get("id"))
                .isEqualTo(json.get("token_ids").get(0));
        assertThat(json.get("peak_rss_bytes").longValue()).isPositive();
        // 3 layers of 2 key and value heads of 16 numbers, f32: the prompt and both tokens that were fed
        long rows = json.get("prompt_tokens").intValue() + 2L;
        assertThat(json.get("kv_cache_bytes").longValue()).isEqualTo(rows * 3 * 2 * 2 * 16 * 4);
    }

    @Test
    void aBudgetInTokensIsAWholeNumber() {
        assertThat(ask("--image", image, "--method", "stride", "--budget", "100", "What?")
                        .get("method")
                        .get("budget")
                        .isInt())
                .isTrue();
    }

    @Test
    void presetsAndSettingsReachTheMethod() {
        JsonNode method = ask(
                        "--image",
                        image,
                        "--method",
                        "hired",
                        "--preset",
                        "reference",
                        "--set",
                        "alpha=0.25",
                        "--set",
                        "grid=fixed",
                        "What?")
                .get("method");

        assertThat(method.get("preset").stringValue()).isEqualTo("reference");
        assertThat(method.get("alpha").doubleValue()).isEqualTo(0.25);
        assertThat(method.get("grid").stringValue()).isEqualTo("fixed");
        assertThat(method.get("region").stringValue()).isEqualTo("strip1d");
    }

    @Test
    void combinedMethodsShowTheSettingsOfBoth() {
        JsonNode method = ask("--image", image, "--method", "hired,fastv", "--set", "k=1", "What?")
                .get("method");

        assertThat(method.get("name").stringValue()).isEqualTo("hired,fastv");
        assertThat(method.get("hired").get("budget").doubleValue()).isEqualTo(0.2);
        assertThat(method.get("fastv").get("k").intValue()).isEqualTo(1);
    }

    @Test
    void imagesMayStandBetweenTheOptionAndTheQuestion() {
        JsonNode apart = ask("--image", image, "--image", other, "What differs?");
        JsonNode together = ask("--image", image, other, "What differs?");

        assertThat(apart.get("images")).hasSize(2);
        assertThat(together.get("token_ids")).isEqualTo(apart.get("token_ids"));
        assertThat(together.get("prompt_tokens")).isEqualTo(apart.get("prompt_tokens"));
    }

    @Test
    void aRawPromptIsUsedAsItIs() {
        JsonNode raw = ask("--image", image, "--raw-prompt", "ab<image>c");

        // <s>, the word mark, a and b; the image; c
        assertThat(raw.get("prompt_tokens").intValue()).isEqualTo(4 + 2340 + 1);
    }

    @Test
    void aQuestionNeedsNoImage() {
        assertThat(ask("What?").get("images")).isEmpty();
    }

    @Test
    void textStreamsToOutputAndCostsGoToErrors() {
        JsonNode json = ask("--image", image, "What?");
        Ran ran = Ran.fovea("ask", "--model", model, "--image", image, "--max-tokens", "3", "What?");

        assertThat(ran.code()).isZero();
        assertThat(ran.out()).isEqualTo(json.get("text").stringValue() + System.lineSeparator());
        assertThat(ran.err().lines()).hasSize(1);
        assertThat(ran.err()).contains("2340 -> 2340 visual tokens", "prefill", "first token after", "3 tokens");
    }

    @Test
    void samplingDependsOnTheSeedAlone() {
        String[] hot = {"--image", other, "--temperature", "5", "--max-tokens", "8", "What?"};
        List<String> first = new ArrayList<>(List.of("--seed", "1"));
        first.addAll(List.of(hot));
        List<String> second = new ArrayList<>(List.of("--seed", "2"));
        second.addAll(List.of(hot));
        first.removeAll(List.of("--max-tokens", "8"));
        second.removeAll(List.of("--max-tokens", "8"));

        JsonNode once = ask(first.toArray(String[]::new)).get("token_ids");
        assertThat(ask(first.toArray(String[]::new)).get("token_ids")).isEqualTo(once);
        assertThat(ask(second.toArray(String[]::new)).get("token_ids")).isNotEqualTo(once);
    }
}
