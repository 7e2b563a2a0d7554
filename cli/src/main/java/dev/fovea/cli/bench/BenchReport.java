package dev.fovea.cli.bench;

import dev.fovea.cli.report.MethodReport;
import dev.fovea.cli.report.Numbers;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.ImageStats;
import dev.fovea.engine.Stage;
import dev.fovea.engine.Stats;
import dev.fovea.kernel.Compute;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What every line cost, as tables and as JSON.
///
/// @param warmUp nanoseconds that the engine's warm-up took
/// @param first  the first request of all, of the last line, which counts for no line
/// @param peak operations per second; 0 where it was not measured
record BenchReport(
        String model,
        EngineOptions options,
        Compute compute,
        long warmUp,
        Stats first,
        Bench.Load load,
        double peak,
        List<Row> rows) {

    String text() {
        return String.join(System.lineSeparator(), heading(), "", times().text(), "", work().text());
    }

    private String heading() {
        ImageStats image = first.images().getFirst();
        String text = String.format(
                Locale.ROOT,
                "%s%n%s%n%s, %s, %d threads | image %d x %d px, %d prompt tokens, %d new tokens | median of %d%nwarm-up: %s, then first request, as the last line: %s to the first token",
                model,
                Machine.description(),
                first.kernels(),
                arithmetic(),
                options.threads(),
                image.width(),
                image.height(),
                load.promptTokens(),
                load.newTokens(),
                load.runs(),
                Numbers.time(warmUp),
                Numbers.time(first.firstTokenNanos()));
        return peak == 0
                ? text
                : text + String.format(Locale.ROOT, " | %s peak %.1f GFLOP/s", arithmetic(), peak / 1e9);
    }

    private String arithmetic() {
        return compute.name().toLowerCase(Locale.ROOT);
    }

    /// As Table 4 of the HiRED paper, with every stage.
    private TextTable times() {
        TextTable table = new TextTable(List.of(
                "method",
                "budget",
                "visual tokens",
                "prompt rows",
                "preprocess",
                "vision",
                "select",
                "prefill",
                "decode",
                "first token",
                "total",
                "tokens/s",
                "decode/s",
                "KV cache",
                "peak memory"));
        for (Row row : rows) {
            List<String> cells = new ArrayList<>(List.of(
                    row.line().reduction().name(),
                    row.line().budget(),
                    row.tokensBefore() + " -> " + row.tokens(),
                    Integer.toString(row.promptRows())));
            for (Stage stage : Stage.values()) {
                cells.add(time(row.nanos(stage)));
            }
            cells.add(time(row.firstTokenNanos()));
            cells.add(time(row.totalNanos()));
            cells.add(String.format(Locale.ROOT, "%.2f", row.tokensPerSecond()));
            cells.add(String.format(Locale.ROOT, "%.2f", row.decodeTokensPerSecond()));
            cells.add(Numbers.memory(row.cacheBytes()));
            cells.add(Numbers.memory(row.peakBytes()));
            table.add(cells);
        }
        return table;
    }

    /// Operations, counted from the shapes that ran, and their speed.
    private TextTable work() {
        List<String> names = new ArrayList<>(List.of("method", "budget"));
        for (Stage stage : List.of(Stage.VISION, Stage.PREFILL, Stage.DECODE)) {
            names.add(word(stage) + " GFLOP");
            names.add("GFLOP/s");
            if (peak > 0) {
                names.add("of peak");
            }
        }
        names.add("select GFLOP");
        TextTable table = new TextTable(names);
        for (Row row : rows) {
            List<String> cells = new ArrayList<>(
                    List.of(row.line().reduction().name(), row.line().budget()));
            for (Stage stage : List.of(Stage.VISION, Stage.PREFILL, Stage.DECODE)) {
                cells.add(giga((double) row.operations(stage)));
                cells.add(giga(row.speed(stage)));
                if (peak > 0) {
                    cells.add(Numbers.percent(row.speed(stage) / peak));
                }
            }
            cells.add(giga((double) row.operations(Stage.SELECT)));
            table.add(cells);
        }
        return table;
    }

    private static String time(double nanos) {
        return Numbers.time(Math.round(nanos));
    }

    private static String giga(double value) {
        double giga = value / 1e9;
        return String.format(Locale.ROOT, giga >= 100 ? "%.0f" : giga >= 1 ? "%.1f" : "%.3f", giga);
    }

    private static String word(Stage stage) {
        return stage.name().toLowerCase(Locale.ROOT);
    }

    ObjectNode json() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("model", model).put("machine", Machine.description());
        json.put("kernels", first.kernels()).put("compute", arithmetic()).put("threads", options.threads());
        ImageStats image = first.images().getFirst();
        json.putObject("image").put("width", image.width()).put("height", image.height());
        json.put("prompt_tokens", load.promptTokens()).put("new_tokens", load.newTokens());
        json.put("runs", load.runs());
        json.put("warm_up_ms", Numbers.rounded(warmUp / 1e6));
        json.put("first_request_ttft_ms", Numbers.rounded(first.firstTokenNanos() / 1e6));
        json.put("peak_gflops", Numbers.rounded(peak / 1e9));
        ArrayNode array = json.putArray("rows");
        rows.forEach(row -> array.add(json(row)));
        return json;
    }

    private ObjectNode json(Row row) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.set("method", MethodReport.json(row.line().reduction()));
        json.put("tokens_before", row.tokensBefore()).put("tokens", row.tokens());
        json.put("prompt_rows", row.promptRows());
        ObjectNode timing = json.putObject("timing_ms");
        ObjectNode flops = JsonMapper.shared().createObjectNode();
        ObjectNode speed = JsonMapper.shared().createObjectNode();
        for (Stage stage : Stage.values()) {
            timing.put(word(stage), Numbers.rounded(row.nanos(stage) / 1e6));
            flops.put(word(stage), row.operations(stage));
            speed.put(word(stage), Numbers.rounded(row.speed(stage) / 1e9));
        }
        timing.put("total", Numbers.rounded(row.totalNanos() / 1e6));
        json.put("ttft_ms", Numbers.rounded(row.firstTokenNanos() / 1e6));
        json.put("tokens_per_second", Numbers.rounded(row.tokensPerSecond()));
        json.put("decode_tokens_per_second", Numbers.rounded(row.decodeTokensPerSecond()));
        json.put("kv_cache_bytes", row.cacheBytes()).put("peak_rss_bytes", row.peakBytes());
        json.set("flops", flops);
        json.set("gflops", speed);
        if (peak > 0) {
            ObjectNode share = json.putObject("peak_share");
            for (Stage stage : List.of(Stage.VISION, Stage.PREFILL)) {
                share.put(word(stage), Numbers.rounded(row.speed(stage) / peak));
            }
        }
        return json;
    }
}
