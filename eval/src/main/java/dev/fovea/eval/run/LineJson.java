package dev.fovea.eval.run;

import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The journal's lines as JSON.
final class LineJson {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private LineJson() {}

    static String write(Line line) {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("model", line.arm().model());
        node.put("method", line.arm().method());
        node.put("budget", line.arm().budget());
        node.put("id", line.id());
        node.put("answer", line.answer());
        node.put("score", line.score());
        node.put("tokens", line.tokens());
        node.put("tokens_before", line.before());
        node.put("tokens_outside", line.outside());
        if (Double.isNaN(line.recall())) {
            node.putNull("evidence_recall");
        } else {
            node.put("evidence_recall", line.recall());
        }
        node.put("made", line.made());
        node.put("vision_ns", line.visionNanos());
        node.put("first_token_ns", line.firstNanos());
        node.put("decode_ns", line.decodeNanos());
        node.put("vision_ops", line.visionOps());
        node.put("prefill_ops", line.prefillOps());
        node.put("decode_ops", line.decodeOps());
        return MAPPER.writeValueAsString(node);
    }

    static Line read(String text, Path file, int number) {
        JsonNode node;
        try {
            node = MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    file + ":" + number + ": expected a JSON object, found " + e.getOriginalMessage(), e);
        }
        Fields fields = new Fields(node, file, number);
        return new Line(
                new Arm(fields.text("model"), fields.text("method"), fields.text("budget")),
                fields.text("id"),
                fields.text("answer"),
                fields.number("score"),
                (int) fields.number("tokens"),
                (int) fields.number("tokens_before"),
                (int) fields.number("tokens_outside"),
                node.path("evidence_recall").isNull() ? Double.NaN : fields.number("evidence_recall"),
                (int) fields.number("made"),
                (long) fields.number("vision_ns"),
                (long) fields.number("first_token_ns"),
                (long) fields.number("decode_ns"),
                (long) fields.number("vision_ops"),
                (long) fields.number("prefill_ops"),
                (long) fields.number("decode_ops"));
    }

    /// The fields of one line, each required.
    private record Fields(JsonNode node, Path file, int number) {
        String text(String name) {
            JsonNode value = node.path(name);
            if (!value.isString()) {
                throw unexpected(name, "a string", value);
            }
            return value.stringValue();
        }

        double number(String name) {
            JsonNode value = node.path(name);
            if (!value.isNumber()) {
                throw unexpected(name, "a number", value);
            }
            return value.doubleValue();
        }

        private IllegalArgumentException unexpected(String name, String expected, JsonNode value) {
            return new IllegalArgumentException(file + ":" + number + ": " + name + ": expected " + expected
                    + ", found " + (value.isMissingNode() ? "nothing" : value));
        }
    }
}
