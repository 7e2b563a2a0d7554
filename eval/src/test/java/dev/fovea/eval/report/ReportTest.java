package dev.fovea.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import dev.fovea.eval.run.Arm;
import dev.fovea.eval.run.Line;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What is counted from a journal, against sums done by hand.
class ReportTest {
    private static final Arm NONE = new Arm("mini", "none", "");
    private static final Arm HIRED = new Arm("mini", "hired", "0.2");
    private static final Facts FACTS =
            new Facts("fovea eval <x>", "a machine", "scalar, f32", Map.of("mini: flexattention", "no <weights>"));

    /// Four questions, two of each kind.
    private record Four() implements Task {
        @Override
        public String name() {
            return "four";
        }

        @Override
        public List<Sample> samples() {
            return IntStream.range(0, 4)
                    .mapToObj(i -> new Sample(
                            "q" + i,
                            i < 2 ? "code" : "coarse",
                            "a.png",
                            "?",
                            List.of("x"),
                            List.of(),
                            List.of(),
                            Map.of()))
                    .toList();
        }

        @Override
        public byte[] image(String name) {
            return new byte[0];
        }

        @Override
        public int maxTokens() {
            return 1;
        }

        @Override
        public double score(Sample sample, String answer) {
            return answer.equals("x") ? 1 : 0;
        }

        @Override
        public void close() {}
    }

    private static Line line(Arm arm, int question, String answer, int tokens, double recall) {
        double score = answer.equals("x") ? 1 : 0;
        return new Line(
                arm,
                "q" + question,
                answer,
                score,
                tokens,
                400,
                0,
                recall,
                3,
                0,
                1_000_000L * (question + 1),
                2_000_000,
                1_000_000,
                500_000,
                7);
    }

    private static List<Line> answers() {
        return List.of(
                line(NONE, 0, "x", 400, 1),
                line(NONE, 1, "x", 400, 1),
                line(NONE, 2, "x", 400, Double.NaN),
                line(NONE, 3, "no", 400, 1),
                line(HIRED, 0, "x", 80, 0.5),
                line(HIRED, 1, "z", 84, 0.25),
                line(HIRED, 2, "x", 80, Double.NaN),
                line(HIRED, 3, "no", 80, 0));
    }

    private static ArmResult hired() {
        return Results.of(new Four(), answers()).byModel().getOrDefault("mini", List.of()).stream()
                .filter(result -> result.arm().equals(HIRED))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void sumsAreThoseDoneByHand() {
        ArmResult hired = hired();
        assertThat(hired.headline().value()).isEqualTo(50);
        assertThat(hired.metrics().get(1).name()).isEqualTo("coarse");
        assertThat(hired.metrics()).extracting(metric -> metric.value()).containsExactly(50.0, 50.0, 50.0);
        assertThat(hired.full()).extracting(metric -> metric.value()).containsExactly(75.0, 50.0, 100.0);
        assertThat(hired.retained(0)).isCloseTo(200.0 / 3, within(1e-9));
        assertThat(hired.retained(2)).isEqualTo(50);
        assertThat(hired.agreement()).isEqualTo(75);
        assertThat(hired.recall()).isEqualTo(25);
        assertThat(hired.cost().tokens()).isEqualTo(81);
        assertThat(hired.cost().ops()).isEqualTo(1_500_000);
        assertThat(hired.cost().firstSeconds()).isEqualTo(0.003);
        assertThat(hired.cost().tokensPerSecond()).isCloseTo(1000, within(1e-9));
    }

    /// Wilson's interval of 2 of 4: centre 0.5, half width z/(1+z²/n)·√(p(1-p)/n + z²/4n²) = 0.350.
    @Test
    void intervalsAreWilsons() {
        assertThat(hired().headline().low()).isCloseTo(15.0, within(0.05));
        assertThat(hired().headline().high()).isCloseTo(85.0, within(0.05));
    }

    @Test
    void answersToOtherQuestionsAreRefused() {
        assertThatThrownBy(() -> Results.of(new Four(), List.of(line(NONE, 7, "x", 1, 0))))
                .hasMessage("answers: expected questions of four, found \"q7\"");
    }

    @Test
    void theTableHoldsTheNumbers() {
        String text = MarkdownReport.of(new Four(), Results.of(new Four(), answers()), FACTS);
        assertThat(text)
                .contains("| hired @ 0.2 | 81.0 | 50.0 (15–85) |")
                .contains("| hired @ 0.2 | 81.0 | 20.3 % | 66.7 % | 75.0 % | 25.0 % | 1.50 M | 3.0 ms | 1000.0 | 4 |")
                .contains("5. Retained accuracy")
                .contains("mini: flexattention: no <weights>");
    }

    @Test
    void thePageNeedsNothingElseAndEscapesWhatItQuotes() {
        String page = HtmlReport.of(new Four(), Results.of(new Four(), answers()), FACTS);
        assertThat(page)
                .contains("fovea eval &lt;x&gt;", "no &lt;weights&gt;", "<svg", "hired @ 0.2: 50.0 with 81 tokens")
                .doesNotContain("http:", "https:", "src=", "href=", "NaN", "<x>");
        for (String tag : List.of("svg", "table", "section", "figure", "g", "main", "ul", "ol")) {
            assertThat(count(page, "<" + tag + "[ >]")).as(tag).isEqualTo(count(page, "</" + tag + ">"));
        }
    }

    private static int count(String text, String pattern) {
        return text.split(pattern, -1).length - 1;
    }
}
