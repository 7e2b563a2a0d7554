package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// `fovea bench` on the smallest shape.
class BenchCommandTest {
    private static final String[] TINY = {
        "bench",
        "--shape",
        "llava-next-tiny",
        "--image-size",
        "300x200",
        "--methods",
        "none,thumbnail",
        "--budgets",
        "0.2,0.1",
        "--runs",
        "1",
        "--new-tokens",
        "3",
        "--prompt-tokens",
        "20"
    };

    private static Ran tiny(String... more) {
        Ran ran = run(more);
        assertThat(ran.err()).isEmpty();
        return ran;
    }

    private static Ran run(String... more) {
        String[] args = java.util.Arrays.copyOf(TINY, TINY.length + more.length);
        System.arraycopy(more, 0, args, TINY.length, more.length);
        Ran ran = Ran.fovea(args);
        assertThat(ran.code()).isZero();
        return ran;
    }

    @Test
    void jsonHasARowForEachMethodAndBudget() {
        JsonNode json = tiny("--json").json();
        JsonNode rows = json.get("rows");

        assertThat(json.propertyNames())
                .containsExactly(
                        "model",
                        "machine",
                        "kernels",
                        "compute",
                        "threads",
                        "image",
                        "prompt_tokens",
                        "new_tokens",
                        "runs",
                        "warm_up_ms",
                        "first_request_ttft_ms",
                        "peak_gflops",
                        "rows");
        assertThat(rows).hasSize(3);
        JsonNode none = rows.get(0);
        assertThat(none.propertyNames())
                .containsExactly(
                        "method",
                        "tokens_before",
                        "tokens",
                        "prompt_rows",
                        "timing_ms",
                        "ttft_ms",
                        "tokens_per_second",
                        "decode_tokens_per_second",
                        "kv_cache_bytes",
                        "peak_rss_bytes",
                        "flops",
                        "gflops");
        int tokens = none.get("tokens").intValue();
        assertThat(none.get("prompt_rows").intValue()).isEqualTo(20 + tokens);
        // 4 layers, keys and values of 2 heads of 16 numbers, f32; the last new token is never fed
        assertThat(none.get("kv_cache_bytes").longValue()).isEqualTo((20L + tokens + 2) * 4 * 2 * 2 * 16 * 4);
        for (JsonNode row : rows) {
            assertThat(row.get("tokens").intValue()).isLessThanOrEqualTo(tokens);
        }
    }

    @Test
    void operationsAreCountedFromTheShapes() {
        JsonNode none = tiny("--json").json().get("rows").get(0);
        long rows = none.get("prompt_rows").intValue();

        // hidden 96, queries 96, keys 32, feed-forward 256; attention is causal. All rows pass three layers and leave
        // keys
        // and values in the fourth; the rest of it, and the head, see the last row only.
        long keys = 96 * 32 * 2;
        long others = 96 * 96 * 2 + 96 * 256 * 3;
        long products = 2 * (rows * 3 * (keys + others) + rows * keys + others + 96 * 32064);
        long attention = 4L * 96 * (3 * (rows * (rows + 1) / 2) + rows);
        assertThat(none.get("flops").get("prefill").longValue()).isEqualTo(products + attention);
    }

    @Test
    void textIsTwoTables() {
        String text = tiny("--peak", "--compute", "f32").out();

        assertThat(text).contains("llava-next-tiny, random BF16 weights", "median of 1", "f32 peak", "of peak");
        assertThat(text).contains("visual tokens", "first token", "decode/s", "peak memory", "prefill GFLOP");
        assertThat(text.lines().filter(line -> line.startsWith("thumbnail"))).hasSize(4);
    }

    @Test
    void agreementTellsHowFarOtherArithmeticsLead() {
        Ran ran = run("--agreement", "--json");
        JsonNode rows = ran.json().get("agreement");

        assertThat(rows).hasSize(6);
        for (JsonNode row : rows) {
            boolean exact = row.get("compute").stringValue().equals("f32"); // where the processor has no other
            if (exact) {
                assertThat(ran.err()).contains("in f32");
            }
            assertThat(row.get("tokens").intValue()).isEqualTo(3);
            assertThat(row.get("same_tokens").intValue()).isBetween(exact ? 3 : 0, 3);
            assertThat(row.get("kept_jaccard").doubleValue()).isEqualTo(1); // neither method looks at numbers
            assertThat(row.get("largest_logprob_difference").doubleValue()).isBetween(0.0, 1.0);
            assertThat(row.get("largest_logprob_difference").doubleValue() == 0).isEqualTo(exact);
        }
        assertThat(run("--agreement").out()).contains("same tokens", "against f32", "thumbnail");
    }
}
