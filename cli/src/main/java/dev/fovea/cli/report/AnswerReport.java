package dev.fovea.cli.report;

import dev.fovea.engine.Engine;
import dev.fovea.engine.Generation;
import dev.fovea.engine.ImageStats;
import dev.fovea.engine.Stage;
import dev.fovea.engine.Stats;
import dev.fovea.engine.StopReason;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.TokenLogprob;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// An answer and what it cost.
///
/// @param model as the user named it
public record AnswerReport(String model, Engine engine, TokenReduction reduction, Generation generation) {

    /// The whole answer as one object.
    public ObjectNode json() {
        Stats stats = generation.stats();
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("model", model);
        json.put("family", engine.config().family());
        json.put("kernels", stats.kernels());
        json.put("compute", engine.options().compute().name().toLowerCase(Locale.ROOT));
        json.set("method", MethodReport.json(reduction));
        json.set("images", images(stats));
        json.put("prompt_tokens", stats.promptRows());
        json.set("token_ids", Numbers.array(generation.ids()));
        json.put("text", generation.text());
        json.put("finish_reason", finishReason());
        ArrayNode logprobs = json.putArray("first_logprobs");
        for (TokenLogprob token : generation.firstLogprobs()) {
            logprobs.addObject().put("id", token.id()).put("logprob", token.logprob());
        }
        json.set("timing_ms", timing(stats));
        json.put("ttft_ms", Numbers.millis(stats.firstTokenNanos()));
        json.put("decode_tokens_per_second", Numbers.rounded(stats.decodeTokensPerSecond()));
        json.put("kv_cache_bytes", stats.cacheBytes());
        json.put("peak_rss_bytes", PeakMemory.bytes());
        return json;
    }

    private static ArrayNode images(Stats stats) {
        ArrayNode images = JsonMapper.shared().createArrayNode();
        for (ImageStats image : stats.images()) {
            ObjectNode each = images.addObject();
            each.put("width", image.width()).put("height", image.height());
            each.putArray("grid").add(image.tileRows()).add(image.tileCols());
            each.put("tiles", image.tiles()).put("tiles_encoded", image.encodedTiles());
            each.put("tokens_before", image.tokensBefore()).put("tokens", image.tokens());
        }
        return images;
    }

    private String finishReason() {
        return switch (generation.stopReason()) {
            case END, STOP -> "stop";
            case LENGTH -> "length";
            case CANCELLED -> "cancelled";
        };
    }

    private ObjectNode timing(Stats stats) {
        ObjectNode timing = JsonMapper.shared().createObjectNode();
        timing.put("load", Numbers.millis(engine.loadNanos()));
        for (Stage stage : Stage.values()) {
            timing.put(stage.name().toLowerCase(Locale.ROOT), Numbers.millis(stats.nanos(stage)));
        }
        return timing.put("total", Numbers.millis(engine.loadNanos() + stats.totalNanos()));
    }

    /// One line on what the answer cost.
    public String line() {
        Stats stats = generation.stats();
        StringBuilder line = new StringBuilder();
        if (!stats.images().isEmpty()) {
            int before =
                    stats.images().stream().mapToInt(ImageStats::tokensBefore).sum();
            int after = stats.images().stream().mapToInt(ImageStats::tokens).sum();
            line.append(before).append(" -> ").append(after).append(" visual tokens | ");
        }
        line.append(stats.promptRows()).append(" prompt rows | load ").append(Numbers.time(engine.loadNanos()));
        for (Stage stage : Stage.values()) {
            String name = stage.name().toLowerCase(Locale.ROOT);
            line.append(", ").append(name).append(' ').append(Numbers.time(stats.nanos(stage)));
        }
        line.append(" | first token after ").append(Numbers.time(stats.firstTokenNanos()));
        line.append(" | ").append(stats.tokens()).append(stats.tokens() == 1 ? " token" : " tokens");
        if (stats.decodeTokensPerSecond() > 0) {
            line.append(String.format(Locale.ROOT, ", %.1f/s", stats.decodeTokensPerSecond()));
        }
        boolean cut = generation.stopReason() == StopReason.LENGTH;
        return line.append(cut ? " (cut off) | " : " | ")
                .append(stats.kernels())
                .toString();
    }
}
