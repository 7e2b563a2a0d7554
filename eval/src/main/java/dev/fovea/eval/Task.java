package dev.fovea.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Questions about pictures and the rule that scores their answers.
public interface Task extends AutoCloseable {
    /// Such as `hr-mini` or `textvqa`.
    String name();

    /// All questions, those about one picture next to each other; ids are unique.
    List<Sample> samples();

    /// The bytes of a picture file.
    ///
    /// @param name a [Sample#image] of this task
    byte[] image(String name);

    /// Tokens that an answer may have, as the task's usual harness sets it.
    int maxTokens();

    /// Whether answers are options, chosen by the likelihood that the model gives them, instead of generated text.
    default boolean byLikelihood() {
        return false;
    }

    /// What an answer is worth, 0 … 1.
    double score(Sample sample, String answer);

    /// The numbers that this task is quoted by, the headline first. Unless a task defines others: the mean of all
    /// scores, then of each group.
    default List<Metric> metrics(List<Scored> scored) {
        Map<String, List<Scored>> groups = new TreeMap<>();
        for (Scored one : scored) {
            groups.computeIfAbsent(one.sample().group(), _ -> new ArrayList<>()).add(one);
        }
        List<Metric> metrics = new ArrayList<>();
        metrics.add(mean("all", scored));
        groups.forEach((group, part) -> metrics.add(mean(group, part)));
        return metrics;
    }

    private static Metric mean(String name, List<Scored> scored) {
        return Metric.share(name, scored.stream().mapToDouble(Scored::score).sum(), scored.size());
    }

    /// Things about this task that a reader of its numbers must know, such as a departure from the usual protocol.
    default List<String> notes() {
        return List.of();
    }

    @Override
    void close();
}
