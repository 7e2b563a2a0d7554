package dev.fovea.eval.run;

import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.ModelSource;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// One task under several models, methods and budgets.
///
/// Answers go to `answers.jsonl` of the output directory as they come. A run that is killed goes on where it was: the
/// same command asks only what is not answered yet.
public final class Evaluation {
    private final Task task;
    private final EvaluationOptions options;
    private final EvaluationListener listener;
    private final List<Picture> pictures;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicLong done = new AtomicLong();
    private final AtomicBoolean stopped = new AtomicBoolean();

    public Evaluation(Task task, EvaluationOptions options, EvaluationListener listener) {
        this.task = task;
        this.options = options;
        this.listener = listener;
        this.pictures =
                Picture.of(task.samples()).stream().limit(options.limit()).toList();
    }

    /// What a run came to.
    ///
    /// @param answers those of this task, models, methods and budgets, and of earlier runs in the same directory
    /// @param refused by model and method, why it was left out
    /// @param technique how the engine computed
    public record Outcome(List<Line> answers, Map<String, String> refused, String technique) {}

    /// The model's part of the work.
    private record Course(ModelSource model, Plan plan) {}

    /// Asks everything that the journal lacks.
    public Outcome run() {
        try {
            Files.createDirectories(options.out());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (Journal journal = Journal.open(options.out())) {
            Map<String, String> refused = new TreeMap<>();
            List<Course> courses = new ArrayList<>();
            String technique = plan(courses, refused);
            long total = courses.stream()
                    .flatMap(course -> course.plan().arms().keySet().stream())
                    .mapToLong(this::questions)
                    .sum();
            done.set(answered(journal, courses));
            lanes(journal, courses, total);
            return new Outcome(journal.lines(), refused, technique);
        }
    }

    private String plan(List<Course> courses, Map<String, String> refused) {
        RunFile file = RunFile.open(options.out());
        file.require("task", RunFile.digest(task));
        String technique = "";
        for (ModelSource model : options.models()) {
            String name = EvaluationOptions.name(model);
            try (Engine engine = Engine.load(model, options.engine())) {
                technique = engine.kernelsName() + ", "
                        + engine.compute().toString().toLowerCase(java.util.Locale.ROOT);
                file.require("technique", technique);
                file.require(
                        "model " + name, RunFile.digest(model, options.engine().chatFormat()));
                Plan plan = Plan.of(name, engine.config(), options);
                plan.refused().forEach((method, why) -> refused.put(name + ": " + method, why));
                courses.add(new Course(model, plan));
            }
        }
        if (courses.stream().allMatch(course -> course.plan().arms().isEmpty())) {
            throw new IllegalArgumentException("evaluation: expected a method that a model can serve, found none: "
                    + String.join("; ", refused.values()));
        }
        file.save();
        return technique;
    }

    private long questions(Arm arm) {
        return pictures.stream()
                .mapToLong(picture -> asked(arm, picture).size())
                .sum();
    }

    private long answered(Journal journal, List<Course> courses) {
        long count = 0;
        for (Course course : courses) {
            for (Arm arm : course.plan().arms().keySet()) {
                for (Picture picture : pictures) {
                    count += asked(arm, picture).stream()
                            .filter(sample -> journal.has(arm, sample.id()))
                            .count();
                }
            }
        }
        return count;
    }

    /// The oracle answers only what has evidence.
    private static List<Sample> asked(Arm arm, Picture picture) {
        return arm.isOracle()
                ? picture.samples().stream()
                        .filter(sample -> !sample.evidence().isEmpty())
                        .toList()
                : picture.samples();
    }

    private void lanes(Journal journal, List<Course> courses, long total) {
        try (ExecutorService lanes = Executors.newFixedThreadPool(options.lanes())) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < options.lanes(); i++) {
                running.add(lanes.submit(() -> lane(journal, courses, total)));
            }
            Throwable failure = null;
            for (Future<?> lane : running) {
                try {
                    lane.get();
                } catch (ExecutionException e) {
                    failure = failure == null ? e.getCause() : failure;
                } catch (InterruptedException e) {
                    stopped.set(true);
                    Thread.currentThread().interrupt();
                }
            }
            rethrow(failure);
        }
    }

    private static void rethrow(@org.jspecify.annotations.Nullable Throwable failure) {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failure);
        }
    }

    private void lane(Journal journal, List<Course> courses, long total) {
        Map<Course, Engine> engines = new LinkedHashMap<>();
        try {
            while (!stopped.get()) {
                int i = next.getAndIncrement();
                if (i >= pictures.size()) {
                    return;
                }
                picture(pictures.get(i), journal, courses, engines, total);
            }
        } catch (RuntimeException | Error e) {
            stopped.set(true); // the other lanes end after what they are at
            throw e;
        } finally {
            engines.values().forEach(Engine::close);
        }
    }

    private void picture(
            Picture picture, Journal journal, List<Course> courses, Map<Course, Engine> engines, long total) {
        byte[] bytes = null;
        for (Course course : courses) {
            for (Map.Entry<Arm, TokenReduction> entry : course.plan().arms().entrySet()) {
                Arm arm = entry.getKey();
                List<Sample> open = asked(arm, picture).stream()
                        .filter(sample -> !journal.has(arm, sample.id()))
                        .toList();
                if (open.isEmpty() || stopped.get()) {
                    continue;
                }
                if (bytes == null) {
                    bytes = task.image(picture.image());
                }
                Engine engine = engines.computeIfAbsent(course, key -> Engine.load(key.model(), share()));
                List<Line> lines = new Asker(engine, task, arm, entry.getValue()).ask(bytes, open);
                journal.append(lines);
                tell(lines.size(), total, picture.image());
            }
        }
    }

    private synchronized void tell(int more, long total, String image) {
        listener.progress(done.addAndGet(more), total, image);
    }

    /// Each lane's part of the threads.
    private EngineOptions share() {
        return options.engine().withThreads(Math.max(1, options.engine().threads() / options.lanes()));
    }
}
