package dev.fovea.eval.report;

import dev.fovea.eval.Metric;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Scored;
import dev.fovea.eval.Task;
import dev.fovea.eval.run.Arm;
import dev.fovea.eval.run.Line;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The answers of a run, counted by model, method and budget.
///
/// @param byModel in the order in which models came; each model's arms by method, then by budget
public record Results(Map<String, List<ArmResult>> byModel) {
    /// The arm that others are measured against.
    private static final String FULL = "none";

    /// Counts answers. Those to questions that the task does not have are an error: the journal is another task's.
    public static Results of(Task task, List<Line> lines) {
        Map<String, Sample> samples = new HashMap<>();
        task.samples().forEach(sample -> samples.put(sample.id(), sample));
        Map<Arm, Map<String, Line>> arms = new LinkedHashMap<>();
        for (Line line : lines) {
            if (!samples.containsKey(line.id())) {
                throw new IllegalArgumentException(
                        "answers: expected questions of " + task.name() + ", found \"" + line.id() + "\"");
            }
            arms.computeIfAbsent(line.arm(), _ -> new LinkedHashMap<>()).put(line.id(), line);
        }
        Map<String, List<ArmResult>> byModel = new LinkedHashMap<>();
        arms.forEach((arm, answers) -> {
            Map<String, Line> full = arms.getOrDefault(new Arm(arm.model(), FULL, ""), Map.of());
            byModel.computeIfAbsent(arm.model(), _ -> new ArrayList<>()).add(result(task, samples, arm, answers, full));
        });
        byModel.values().forEach(results -> results.sort(ORDER));
        return new Results(byModel);
    }

    private static final Comparator<ArmResult> ORDER = Comparator.comparingInt(
                    (ArmResult result) -> Methods.rank(result.arm().method()))
            .thenComparing(result -> result.arm().method())
            .thenComparingDouble(result -> result.cost().tokens());

    private static ArmResult result(
            Task task, Map<String, Sample> samples, Arm arm, Map<String, Line> answers, Map<String, Line> full) {
        List<Scored> scored = new ArrayList<>();
        List<Scored> reference = new ArrayList<>();
        int same = 0;
        for (Line line : answers.values()) {
            Sample sample = samples.get(line.id());
            scored.add(scored(sample, line));
            Line other = full.get(line.id());
            if (other != null) {
                reference.add(scored(sample, other));
                same += other.answer().equals(line.answer()) ? 1 : 0;
            }
        }
        List<Metric> metrics = task.metrics(scored);
        List<Metric> whole = reference.size() == scored.size() ? task.metrics(reference) : List.of();
        double agreement = reference.isEmpty() ? Double.NaN : 100.0 * same / reference.size();
        double recall = answers.values().stream()
                .mapToDouble(Line::recall)
                .filter(value -> !Double.isNaN(value))
                .average()
                .orElse(Double.NaN);
        return new ArmResult(arm, metrics, whole, scored.size(), cost(answers.values()), 100 * recall, agreement);
    }

    private static Scored scored(Sample sample, Line line) {
        return new Scored(sample, line.answer(), line.score());
    }

    private static ArmResult.Cost cost(Iterable<Line> lines) {
        List<Line> all = new ArrayList<>();
        lines.forEach(all::add);
        double[] first = all.stream()
                .mapToDouble(line -> line.firstNanos() / 1e9)
                .sorted()
                .toArray();
        long more = all.stream().mapToLong(line -> Math.max(0, line.made() - 1)).sum();
        long nanos = all.stream().mapToLong(Line::decodeNanos).sum();
        return new ArmResult.Cost(
                all.stream().mapToDouble(Line::tokens).average().orElse(0),
                all.stream().mapToDouble(Line::before).average().orElse(0),
                all.stream()
                        .mapToDouble(line -> (double) line.visionOps() + line.prefillOps())
                        .average()
                        .orElse(0),
                first.length == 0
                        ? Double.NaN
                        : Arrays.stream(first)
                                .skip(first.length / 2)
                                .findFirst()
                                .orElse(0),
                more == 0 || nanos == 0 ? Double.NaN : more * 1e9 / nanos);
    }

    /// The arm with all tokens.
    Optional<ArmResult> full(String model) {
        return byModel.getOrDefault(model, List.of()).stream()
                .filter(result -> result.arm().method().equals(FULL))
                .findFirst();
    }
}
