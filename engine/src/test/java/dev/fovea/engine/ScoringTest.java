package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.engine.reduce.CellTrace;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.text.TokenLogprob;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Scores of given answers against the answers that the model makes itself.
class ScoringTest {
    private static final int[] IDS = {1, 300, -200, 301, 302};
    private static Engine engine;

    @BeforeAll
    static void load() {
        engine = Engines.small("llava15-flex-tiny");
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Prompt prompt(int... more) {
        int[] ids = Arrays.copyOf(IDS, IDS.length + more.length);
        System.arraycopy(more, 0, ids, IDS.length, more.length);
        return new Prompt.Tokens(ids, List.of(new ImageInput.Pixels(Pictures.noise(60, 100, 1))));
    }

    private static Session open(String method) {
        return engine.open(SessionOptions.of(Reductions.named(method, Reductions.Request.standard())));
    }

    private static Sampling greedy(int tokens) {
        return new Sampling(tokens, 0, 0, 1, 0, 1, 0, List.of(), Set.of(), true, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "hired", "fastv", "flexattention"})
    void theModelsOwnAnswerScoresAsItWasMade(String method) {
        try (Session session = open(method);
                Session scoring = open(method)) {
            Generation answer = session.generate(prompt(), greedy(5), TokenSink.NONE);
            int[] other = {7, 8, 9};
            OptionScores scores = scoring.scoreTokens(prompt(), List.of(other, answer.ids(), other));
            assertThat(scores.options().get(1).logprob()).containsExactly(answer.logprob());
            assertThat(scores.options().get(0).logprob())
                    .containsExactly(scores.options().get(2).logprob());
            assertThat(scores.best()).isEqualTo(1);
            assertThat(scores.stats().tokens()).isEqualTo(11);
        }
    }

    @Test
    void everyTokenIsJudgedByWhatPrecedesIt() {
        int[] option = {40, 50, 60};
        try (Session session = open("none")) {
            float[] found = session.scoreTokens(prompt(), List.of(option))
                    .options()
                    .getFirst()
                    .logprob();
            for (int i = 0; i < option.length; i++) {
                try (Session whole = open("none")) {
                    Sampling all = Sampling.greedy(1)
                            .withLogprobs(engine.config().text().vocab());
                    int token = option[i];
                    float expected =
                            whole
                                    .generate(prompt(Arrays.copyOf(option, i)), all, TokenSink.NONE)
                                    .firstLogprobs()
                                    .stream()
                                    .filter(candidate -> candidate.id() == token)
                                    .findFirst()
                                    .map(TokenLogprob::logprob)
                                    .orElseThrow();
                    double tolerance = 2 * ParityTolerance.decoder(engine.config(), Math.abs(expected));
                    assertThat(found[i]).isCloseTo(expected, within((float) tolerance));
                }
            }
        }
    }

    @Test
    void lossIsTheMeanOverTokens() {
        OptionScore score = new OptionScore(new int[] {1, 2}, new float[] {-1, -3});
        assertThat(score.loss()).isEqualTo(2);
    }

    @Test
    void theSessionIsAfterwardsAsBefore() {
        try (Session session = open("flexattention");
                Session fresh = open("flexattention")) {
            session.scoreTokens(prompt(), List.of(new int[] {4, 5}));
            assertThat(session.images()).isEmpty();
            int[] first = session.generate(prompt(), greedy(3), TokenSink.NONE).ids();
            assertThat(first)
                    .containsExactly(
                            fresh.generate(prompt(), greedy(3), TokenSink.NONE).ids());
            Prompt followUp = new Prompt.Tokens(new int[] {90, 91}, List.of());
            OptionScores scores = session.scoreTokens(followUp, List.of(new int[] {4, 5}));
            assertThat(scores.stats().images()).isEmpty();
            assertThat(session.hook()).isInstanceOf(CellTrace.class);
            assertThat(session.generate(followUp, greedy(3), TokenSink.NONE).ids())
                    .containsExactly(
                            fresh.generate(followUp, greedy(3), TokenSink.NONE).ids());
        }
    }

    @Test
    void optionsMustBeThereAndFit() {
        try (Session session =
                engine.open(new SessionOptions(SessionOptions.standard().reduction(), 600))) {
            assertThatThrownBy(() -> session.scoreTokens(prompt(), List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("none");
            assertThatThrownBy(() -> session.scoreTokens(prompt(), List.of(new int[0])))
                    .hasMessageContaining("an empty one");
            assertThatThrownBy(() -> session.scoreTokens(prompt(), List.of(new int[] {2048})))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("found 2048");
            assertThatThrownBy(() -> session.scoreTokens(prompt(), List.of(new int[30])))
                    .isInstanceOf(PromptTooLongException.class);
            assertThat(session.scoreTokens(prompt(), List.of(new int[20])).options())
                    .hasSize(1);
        }
    }

    @Test
    void anOptionsTextContinuesThePrompt() {
        Path fixtures = Fixtures.require();
        try (Engine whole = Engines.load(fixtures.resolve("checkpoints/llava15-flex-tiny"), "best");
                Session session = whole.open(SessionOptions.standard())) {
            String text = "USER: What colour is it? ASSISTANT:";
            int[] prompt = whole.promptIds(new Prompt.Raw(text, List.of()), true);
            int[] both = whole.promptIds(new Prompt.Raw(text + " dark red", List.of()), true);
            OptionScore score = session.score(new Prompt.Raw(text, List.of()), List.of("dark red"))
                    .options()
                    .getFirst();
            assertThat(score.ids()).containsExactly(Arrays.copyOfRange(both, prompt.length, both.length));
            assertThat(Arrays.copyOf(both, prompt.length)).containsExactly(prompt);
        }
    }
}
