package dev.fovea.cli.bench;

import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.engine.Engine;
import dev.fovea.engine.Generation;
import dev.fovea.engine.text.TokenLogprob;
import dev.fovea.kernel.Compute;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// How far other arithmetics lead from binary32, on one image and prompt.
record Agreement(List<Row> rows) {
    /// What one method did in one arithmetic, against the same in binary32.
    ///
    /// @param compute   what the engine really computed in
    /// @param same      tokens of the answer before the first that differs
    /// @param tokens    of the answer in binary32
    /// @param kept      places on the image that both keep, as a share of those that either keeps
    /// @param worst     largest difference of a log-probability of the first token, among all tokens
    record Row(String kernels, Compute compute, Line line, int same, int tokens, double kept, double worst) {}

    /// What is compared.
    private record Outcome(int[] ids, Map<Integer, Float> first, Set<Integer> kept) {}

    /// @param engines makes the engine for an arithmetic; closed here, one after another
    static Agreement of(Function<Compute, Engine> engines, Bench.Load load, ProgressLine progress, List<Line> lines) {
        List<Outcome> exact = new ArrayList<>();
        List<Row> rows = new ArrayList<>();
        for (Compute compute : Compute.values()) {
            try (Engine engine = engines.apply(compute)) {
                Bench bench = new Bench(engine, load, progress);
                for (int i = 0; i < lines.size(); i++) {
                    Line line = lines.get(i);
                    progress.about(compute + ", line " + (i + 1) + " of " + lines.size() + ", " + line.name());
                    Outcome outcome = outcome(engine, bench, load, line);
                    if (compute == Compute.F32) {
                        exact.add(outcome);
                    } else {
                        rows.add(row(engine, line, exact.get(i), outcome));
                    }
                }
            }
        }
        return new Agreement(rows);
    }

    private static Outcome outcome(Engine engine, Bench bench, Bench.Load load, Line line) {
        Generation answer = bench.answer(line, engine.config().text().vocab());
        Map<Integer, Float> first = new HashMap<>();
        for (TokenLogprob token : answer.firstLogprobs()) {
            first.put(token.id(), token.logprob());
        }
        Set<Integer> kept = new HashSet<>();
        for (int origin : engine.inspect(load.image(), line.reduction())
                .reduced()
                .prompt()
                .origins()) {
            if (origin >= 0) { // neither a line's end nor merged from several places
                kept.add(origin);
            }
        }
        return new Outcome(answer.ids(), first, kept);
    }

    private static Row row(Engine engine, Line line, Outcome exact, Outcome other) {
        int same = 0;
        while (same < exact.ids.length && same < other.ids.length && exact.ids[same] == other.ids[same]) {
            same++;
        }
        double worst = 0;
        for (Map.Entry<Integer, Float> token : exact.first.entrySet()) {
            float logprob = other.first.getOrDefault(token.getKey(), Float.NEGATIVE_INFINITY);
            worst = Math.max(worst, Math.abs(token.getValue() - logprob));
        }
        Set<Integer> both = new HashSet<>(exact.kept);
        both.retainAll(other.kept);
        Set<Integer> either = new HashSet<>(exact.kept);
        either.addAll(other.kept);
        double kept = either.isEmpty() ? 1 : (double) both.size() / either.size();
        return new Row(engine.kernelsName(), engine.compute(), line, same, exact.ids.length, kept, worst);
    }

    String text() {
        TextTable table = new TextTable(List.of(
                "compute", "method", "budget", "same tokens", "kept in both / either", "largest log-prob. difference"));
        for (Row row : rows) {
            table.add(List.of(
                    name(row.compute),
                    row.line.reduction().name(),
                    row.line.budget(),
                    row.same + " of " + row.tokens,
                    String.format(Locale.ROOT, "%.4f", row.kept),
                    String.format(Locale.ROOT, "%.4f", row.worst)));
        }
        String kernels = rows.isEmpty() ? "" : rows.getFirst().kernels;
        return kernels + ", against f32" + System.lineSeparator() + System.lineSeparator() + table.text();
    }

    ObjectNode json() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ArrayNode array = json.putArray("agreement");
        for (Row row : rows) {
            array.addObject()
                    .put("kernels", row.kernels)
                    .put("compute", name(row.compute))
                    .put("method", row.line.reduction().name())
                    .put("budget", row.line.budget())
                    .put("same_tokens", row.same)
                    .put("tokens", row.tokens)
                    .put("kept_jaccard", row.kept)
                    .put("largest_logprob_difference", row.worst);
        }
        return json;
    }

    private static String name(Compute compute) {
        return compute.name().toLowerCase(Locale.ROOT);
    }
}
