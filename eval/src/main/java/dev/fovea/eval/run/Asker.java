package dev.fovea.eval.run;

import dev.fovea.engine.Engine;
import dev.fovea.engine.Generation;
import dev.fovea.engine.ImageInput;
import dev.fovea.engine.ImageStats;
import dev.fovea.engine.OptionScores;
import dev.fovea.engine.Prompt;
import dev.fovea.engine.Session;
import dev.fovea.engine.SessionOptions;
import dev.fovea.engine.Stage;
import dev.fovea.engine.Stats;
import dev.fovea.engine.TokenSink;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.reduce.Place;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Asks the questions about one picture under one method, each as if it were the only one.
///
/// Methods that work before the decoder do not know the question: the prompt up to the picture's end is computed once
/// and every question goes on from there. What a method inside the decoder keeps depends on the question, so there
/// each prompt is computed whole.
final class Asker {
    private final Engine engine;
    private final Task task;
    private final Arm arm;
    private final TokenReduction reduction;

    Asker(Engine engine, Task task, Arm arm, TokenReduction reduction) {
        this.engine = engine;
        this.task = task;
        this.arm = arm;
        this.reduction = reduction;
    }

    List<Line> ask(byte[] picture, List<Sample> samples) {
        ImageInput image =
                new ImageInput.Bytes(task.name() + ": " + samples.getFirst().image(), picture);
        if (arm.isOracle()) {
            List<Line> lines = new ArrayList<>();
            for (Sample sample : samples) {
                OracleTokens oracle = new OracleTokens(sample.evidence(), engine.config());
                try (Session session = engine.open(SessionOptions.of(oracle))) {
                    lines.add(answer(session, whole(sample, image), sample, Cost.NONE));
                }
            }
            return lines;
        }
        try (Session session = engine.open(SessionOptions.of(reduction))) {
            return reduction.place() == Place.VISION ? shared(session, image, samples) : alone(session, image, samples);
        }
    }

    private List<Line> alone(Session session, ImageInput image, List<Sample> samples) {
        Session.Moment empty = session.moment();
        List<Line> lines = new ArrayList<>();
        for (Sample sample : samples) {
            lines.add(answer(session, whole(sample, image), sample, Cost.NONE));
            session.rewind(empty);
        }
        return lines;
    }

    private static Prompt whole(Sample sample, ImageInput image) {
        return new Prompt.Question(sample.question(), List.of(image));
    }

    private List<Line> shared(Session session, ImageInput image, List<Sample> samples) {
        int[] ids = engine.tokenize(whole(samples.getFirst(), image));
        int end = 1;
        while (ids[end - 1] != engine.config().imageToken()) {
            end++;
        }
        int[] beginning = Arrays.copyOf(ids, end);
        Cost cost = Cost.of(session.prefill(new Prompt.Tokens(beginning, List.of(image))));
        Session.Moment seen = session.moment();
        List<Line> lines = new ArrayList<>();
        for (Sample sample : samples) {
            int[] all = engine.tokenize(whole(sample, image));
            if (Arrays.mismatch(beginning, all) != end) {
                throw new IllegalStateException("the prompts about " + sample.image() + " begin differently");
            }
            Prompt rest = new Prompt.Tokens(Arrays.copyOfRange(all, end, all.length), List.of());
            lines.add(answer(session, rest, sample, cost));
            session.rewind(seen);
        }
        return lines;
    }

    private Line answer(Session session, Prompt prompt, Sample sample, Cost before) {
        String answer;
        Stats stats;
        if (task.byLikelihood()) {
            OptionScores scores = session.score(prompt, sample.options());
            answer = sample.options().get(scores.best());
            stats = scores.stats();
        } else {
            Generation generation = session.generate(prompt, Sampling.greedy(task.maxTokens()), TokenSink.NONE);
            answer = generation.text().strip();
            stats = generation.stats();
        }
        Cost cost = before.and(stats);
        ImageStats image = cost.image();
        return new Line(
                arm,
                sample.id(),
                answer,
                task.score(sample, answer),
                image.tokens(),
                image.tokensBefore(),
                image.outside(),
                recall(session, sample),
                stats.tokens(),
                cost.visionNanos(),
                cost.firstNanos(),
                stats.nanos(Stage.DECODE),
                cost.visionOps(),
                cost.prefillOps(),
                stats.operations(Stage.DECODE));
    }

    /// Scoring options leaves no image behind, so there is nothing to look at.
    private double recall(Session session, Sample sample) {
        if (sample.evidence().isEmpty() || session.images().isEmpty() || !Sighting.tells(session)) {
            return Double.NaN;
        }
        Grid grid = session.images().getFirst().grid();
        return Evidence.of(engine.config(), grid, sample.evidence()).recall(Sighting.places(session));
    }

    /// What a prompt cost until its first token.
    private record Cost(List<ImageStats> images, long visionNanos, long firstNanos, long visionOps, long prefillOps) {
        static final Cost NONE = new Cost(List.of(), 0, 0, 0, 0);

        /// A beginning without an answer: all of its time comes before the first token.
        static Cost of(Stats stats) {
            long nanos = vision(stats) + stats.nanos(Stage.PREFILL);
            return new Cost(stats.images(), vision(stats), nanos, visionOps(stats), stats.operations(Stage.PREFILL));
        }

        Cost and(Stats stats) {
            return new Cost(
                    images.isEmpty() ? stats.images() : images,
                    visionNanos + vision(stats),
                    firstNanos + stats.firstTokenNanos(),
                    visionOps + visionOps(stats),
                    prefillOps + stats.operations(Stage.PREFILL));
        }

        private static long vision(Stats stats) {
            return stats.nanos(Stage.PREPROCESS) + stats.nanos(Stage.VISION) + stats.nanos(Stage.SELECT);
        }

        private static long visionOps(Stats stats) {
            return stats.operations(Stage.PREPROCESS) + stats.operations(Stage.VISION) + stats.operations(Stage.SELECT);
        }

        ImageStats image() {
            return images.getFirst();
        }
    }
}
