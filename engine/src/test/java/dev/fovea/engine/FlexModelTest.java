package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.CellTrace;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// FlexAttention in a whole engine: which models it fits, and its hard budget.
class FlexModelTest {
    private static final int IMAGE = -200;
    private static Engine engine;

    @BeforeAll
    static void load() {
        engine = Engines.small("llava15-flex-tiny");
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static TokenReduction method(Map<String, String> settings) {
        return Reductions.named("flexattention", new Reductions.Request(Optional.empty(), Optional.empty(), settings));
    }

    private static TokenReduction method(Budget budget, Map<String, String> settings) {
        return Reductions.named("flexattention", new Reductions.Request(Optional.empty(), budget, settings));
    }

    private static Prompt prompt(int... ids) {
        return new Prompt.Tokens(ids, List.of(new ImageInput.Pixels(Pictures.noise(60, 100, 1))));
    }

    @Test
    void aModelWithoutTheProjectionsIsRefusedWhenTheSessionOpens() {
        TokenReduction flex = method(Map.of());
        try (Engine plain = Engines.small("llava-next-mini-old")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> plain.open(SessionOptions.of(flex)))
                    .withMessageContaining("flexattention")
                    .withMessageContaining("llava-next");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> plain.inspect(new ImageInput.Pixels(Pictures.noise(9, 9, 1)), flex))
                    .withMessageContaining("flexattention");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> engine.open(SessionOptions.of(method(Map.of("first_layer", "12")))))
                .withMessageContaining("12 layers");
    }

    @Test
    void itGoesTogetherWithNothingElse() {
        for (String names : new String[] {"flexattention,fastv", "hired,flexattention"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Reductions.named(names, Reductions.Request.of(Budget.all())))
                    .withMessageContaining("flexattention which works on both");
        }
    }

    @Test
    void theThresholdIsTheCheckpointsUnlessGiven() {
        try (Session own = engine.open(SessionOptions.of(method(Map.of())));
                Session given = engine.open(SessionOptions.of(method(Map.of("threshold", "7"))))) {
            assertThat(own.reduction().settings()).containsEntry("threshold", 48.0);
            assertThat(given.reduction().settings()).containsEntry("threshold", 7.0);
        }
    }

    @Test
    void aHardBudgetBoundsEveryLayerAndStep() {
        try (Session session = engine.open(SessionOptions.of(method(new Budget.Tokens(200), Map.of())))) {
            session.generate(prompt(1, 300, IMAGE, 301), Sampling.greedy(3), TokenSink.NONE);
            CellTrace trace = (CellTrace) session.hook();
            assertThat(trace.cells().getFirst()).hasSize(3).allSatisfy(layers -> {
                assertThat(layers.keySet()).containsExactly(8, 9, 10, 11);
                assertThat(layers.values())
                        .allSatisfy(cells -> assertThat(cells).hasSize(3));
            });
        }
    }

    @Test
    void noBudgetIsTheModelWithoutHighResolution() {
        try (Session none = engine.open(SessionOptions.standard());
                Session nothing = engine.open(SessionOptions.of(method(new Budget.Tokens(0), Map.of())))) {
            Sampling sampling = Sampling.greedy(3).withLogprobs(2048);
            Generation plain = none.generate(prompt(1, 300, IMAGE, 301), sampling, TokenSink.NONE);
            Generation flex = nothing.generate(prompt(1, 300, IMAGE, 301), sampling, TokenSink.NONE);
            assertThat(flex.firstLogprobs()).isEqualTo(plain.firstLogprobs());
            assertThat(flex.logprob()).isEqualTo(plain.logprob());
        }
    }

    @Test
    void aFollowUpChoosesAnewWithoutVisionWork() {
        try (Session session = engine.open(SessionOptions.of(method(Map.of())))) {
            session.generate(prompt(1, 300, IMAGE, 301), Sampling.greedy(2), TokenSink.NONE);
            Stats stats = session.generate(
                            new Prompt.Tokens(new int[] {40, 41}, List.of()), Sampling.greedy(2), TokenSink.NONE)
                    .stats();
            assertThat(stats.operations().get(Stage.VISION)).isZero();
            assertThat(((CellTrace) session.hook()).cells().getFirst()).hasSize(4);
        }
    }
}
