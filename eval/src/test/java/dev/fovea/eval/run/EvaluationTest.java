package dev.fovea.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.Generation;
import dev.fovea.engine.ImageInput;
import dev.fovea.engine.ModelSource;
import dev.fovea.engine.Prompt;
import dev.fovea.engine.Session;
import dev.fovea.engine.SessionOptions;
import dev.fovea.engine.Stage;
import dev.fovea.engine.TokenSink;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.text.Sampling;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of the shipped model on the first pictures of the shipped benchmark.
class EvaluationTest {
    @TempDir
    Path directory;

    private EvaluationOptions options(Path out, int lanes, String... methods) {
        return new EvaluationOptions(
                List.of(ModelSource.of(Shared.MODEL)),
                List.of(methods),
                List.of("0.2"),
                EngineOptions.standard().withThreads(lanes),
                lanes,
                3,
                out);
    }

    private static Map<Line.Key, String> answers(List<Line> lines) {
        Map<Line.Key, String> answers = new HashMap<>();
        lines.forEach(line -> assertThat(answers.put(line.key(), line.answer())).isNull());
        return answers;
    }

    /// Stops a run as a kill would, after some answers.
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Test
    void aRunThatWasStoppedGoesOnWithoutLosingOrRepeatingAnAnswer() {
        try (Task task = Shared.hrMini()) {
            List<Line> whole = new Evaluation(
                            task, options(directory.resolve("whole"), 1, "none", "hired"), EvaluationListener.NONE)
                    .run()
                    .answers();
            EvaluationOptions halved = options(directory.resolve("halved"), 2, "none", "hired");
            for (int stop = 1; stop < whole.size(); stop += whole.size() / 3) {
                int limit = stop;
                assertThatThrownBy(() -> new Evaluation(task, halved, (done, total, what) -> {
                                    assertThat(total).isEqualTo(whole.size());
                                    if (done >= limit && done < total) {
                                        throw new Killed();
                                    }
                                })
                                .run())
                        .isInstanceOf(Killed.class);
                assertThat(answers(whole)).containsAllEntriesOf(answers(Journal.read(halved.out())));
            }
            List<Line> resumed =
                    new Evaluation(task, halved, EvaluationListener.NONE).run().answers();
            assertThat(answers(resumed)).isEqualTo(answers(whole));
        }
    }

    @Test
    void everyAnswerAndItsCostIsThatOfTheQuestionAskedAlone() {
        try (Task task = Shared.hrMini();
                Engine engine = Engine.load(Shared.MODEL, EngineOptions.standard())) {
            List<Line> lines = new Evaluation(task, options(directory, 1, "hired", "fastv"), EvaluationListener.NONE)
                    .run()
                    .answers();
            Map<String, Sample> samples = new HashMap<>();
            task.samples().forEach(sample -> samples.put(sample.id(), sample));
            for (Line line : lines) {
                Sample sample = samples.get(line.id());
                assertThat(sample).isNotNull();
                Reductions.Request request = line.arm().method().equals("fastv")
                        ? new Reductions.Request(
                                java.util.Optional.empty(), java.util.Optional.empty(), Map.of("r", "0.8"))
                        : Reductions.Request.of(Budget.parse("0.2"));
                try (Session session = engine.open(
                        SessionOptions.of(Reductions.named(line.arm().method(), request)))) {
                    Generation alone = session.generate(
                            new Prompt.Question(
                                    sample.question(),
                                    List.of(new ImageInput.Bytes(sample.image(), task.image(sample.image())))),
                            Sampling.greedy(task.maxTokens()),
                            TokenSink.NONE);
                    assertThat(line.answer())
                            .as(line.toString())
                            .isEqualTo(alone.text().strip());
                    assertThat(line.tokens())
                            .isEqualTo(alone.stats().images().getFirst().tokens());
                    assertThat(line.visionOps())
                            .isEqualTo(alone.stats().operations(Stage.VISION)
                                    + alone.stats().operations(Stage.PREPROCESS)
                                    + alone.stats().operations(Stage.SELECT));
                    assertThat(line.decodeOps()).isEqualTo(alone.stats().operations(Stage.DECODE));
                }
            }
        }
    }

    @Test
    void theOracleSeesAllEvidenceAndTheThumbnailNone() {
        try (Task task = Shared.hrMini()) {
            List<Line> lines = new Evaluation(
                            task, options(directory, 1, "none", "oracle", "thumbnail"), EvaluationListener.NONE)
                    .run()
                    .answers();
            for (Line line : lines) {
                switch (line.arm().method()) {
                    case "none", "oracle" -> assertThat(line.recall()).isIn(1.0, Double.NaN);
                    default -> assertThat(line.recall()).isIn(0.0, Double.NaN);
                }
            }
            assertThat(lines).anyMatch(line -> line.recall() == 1).anyMatch(line -> line.recall() == 0);
        }
    }

    @Test
    void aMethodThatTheModelCannotServeIsLeftOutWithItsReason() {
        try (Task task = Shared.hrMini()) {
            Evaluation.Outcome outcome = new Evaluation(
                            task, options(directory, 1, "thumbnail", "flexattention"), EvaluationListener.NONE)
                    .run();
            assertThat(outcome.refused().get("fovea-mini: flexattention")).contains("high-resolution projections");
            assertThat(outcome.answers()).allMatch(line -> line.arm().method().equals("thumbnail"));
            EvaluationOptions alone = options(directory.resolve("alone"), 1, "flexattention");
            assertThatThrownBy(() -> new Evaluation(task, alone, EvaluationListener.NONE).run())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("evaluation: expected a method that a model can serve, found none");
        }
    }

    @Test
    void aDirectoryHoldsAnswersOfOneTaskOnly() {
        try (Task task = Shared.hrMini()) {
            EvaluationOptions options = options(directory, 1, "thumbnail");
            new Evaluation(task, options, EvaluationListener.NONE).run();
            Task other = new RenamedTask(task);
            assertThatThrownBy(() -> new Evaluation(other, options, EvaluationListener.NONE).run())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("run.json: task: expected")
                    .hasMessageContaining("choose another --out");
        }
    }

    /// The same questions under another name.
    private record RenamedTask(Task task) implements Task {
        @Override
        public String name() {
            return "another";
        }

        @Override
        public List<Sample> samples() {
            return task.samples();
        }

        @Override
        public byte[] image(String name) {
            return task.image(name);
        }

        @Override
        public int maxTokens() {
            return task.maxTokens();
        }

        @Override
        public double score(Sample sample, String answer) {
            return task.score(sample, answer);
        }

        @Override
        public void close() {}
    }
}
