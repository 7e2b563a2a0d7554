package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.kernel.Format;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What a session promises, on a small checkpoint with token ids for prompts.
class SessionTest {
    private static final ImageInput PICTURE = new ImageInput.File(Checkpoints.resource("/images/tall_200x900.png"));
    private static final TokenReduction FEW = Reductions.named("hired", Reductions.Request.of(Budget.parse("0.02")));
    private static Engine engine;

    @BeforeAll
    static void load() {
        engine = Engines.load(Checkpoints.named("llava-next-mini-old"), "vector");
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Prompt withImage(int... ids) {
        int[] all = Arrays.copyOf(new int[] {1, 300, engine.config().imageToken()}, 3 + ids.length);
        System.arraycopy(ids, 0, all, 3, ids.length);
        return new Prompt.Tokens(all, List.of(PICTURE));
    }

    private static Prompt text(int... ids) {
        return new Prompt.Tokens(ids, List.of());
    }

    @Test
    void severalQuestionsAfterOneBeginningAreAsIfAskedAlone() {
        int[] ids = engine.tokenize(withImage());
        try (Session shared = engine.open(SessionOptions.of(FEW))) {
            Stats beginning = shared.prefill(new Prompt.Tokens(ids, List.of(PICTURE)));
            Session.Moment moment = shared.moment();
            assertThat(beginning.tokens()).isZero();
            assertThat(beginning.nanos(Stage.VISION)).isPositive();
            for (int question : new int[] {400, 500, 400}) {
                Generation one = shared.generate(text(question, 7), greedy(4), TokenSink.NONE);
                assertThat(one.stats().nanos(Stage.VISION)).isZero();
                try (Session alone = engine.open(SessionOptions.of(FEW))) {
                    Generation other = alone.generate(withImage(question, 7), greedy(4), TokenSink.NONE);
                    assertThat(one.ids()).containsExactly(other.ids());
                    assertThat(one.stats().cacheRows())
                            .containsExactly(other.stats().cacheRows());
                    assertThat(beginning.promptRows() + one.stats().promptRows())
                            .isEqualTo(other.stats().promptRows());
                }
                shared.rewind(moment);
            }
        }
    }

    /// In the midst of a conversation too.
    @Test
    void warmingUpChangesNoAnswer() {
        try (Session plain = engine.open(SessionOptions.of(FEW));
                Session disturbed = engine.open(SessionOptions.of(FEW))) {
            Generation expected = plain.generate(withImage(400), greedy(6), TokenSink.NONE);
            engine.warmUp();
            Generation found = disturbed.generate(withImage(400), greedy(6), TokenSink.NONE);
            assertThat(found.ids()).containsExactly(expected.ids());
            assertThat(found.stats().operations()).isEqualTo(expected.stats().operations());
            int[] next = plain.generate(text(500), greedy(4), TokenSink.NONE).ids();
            engine.warmUp();
            assertThat(disturbed.generate(text(500), greedy(4), TokenSink.NONE).ids())
                    .containsExactly(next);
        }
    }

    @Test
    void aMomentBelongsToItsSession() {
        try (Session one = engine.open(SessionOptions.of(FEW));
                Session other = engine.open(SessionOptions.of(FEW))) {
            Session.Moment moment = one.moment();
            assertThatThrownBy(() -> other.rewind(moment))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("moment: expected one of this session, found another's");
        }
    }

    @Test
    void aFollowUpEqualsOneLongPrompt() {
        try (Session turns = engine.open(SessionOptions.of(FEW));
                Session whole = engine.open(SessionOptions.of(FEW))) {
            int[] first = turns.generate(withImage(400, 401), greedy(5), TokenSink.NONE)
                    .ids();
            Generation second = turns.generate(text(500, 501), greedy(5), TokenSink.NONE);
            int[] rest = {400, 401, first[0], first[1], first[2], first[3], first[4], 500, 501};
            assertThat(second.ids())
                    .containsExactly(whole.generate(withImage(rest), greedy(5), TokenSink.NONE)
                            .ids());
            assertThat(second.stats().nanos().get(Stage.VISION))
                    .as("vision time of a follow-up")
                    .isZero();
            assertThat(second.stats().images()).isEmpty();
        }
    }

    @Test
    void theSameSeedDrawsTheSameAnswerAndAnotherDrawsAnother() {
        Sampling one = sampled(1);
        assertThat(answer(one).ids()).containsExactly(answer(one).ids());
        assertThat(answer(one).ids()).isNotEqualTo(answer(sampled(2)).ids());
    }

    private static Sampling sampled(long seed) {
        return new Sampling(12, 1.5, 50, 0.95, 0.01, 1.1, seed, List.of(), Set.of(), true, 0);
    }

    private static Sampling greedy(int tokens) {
        Sampling greedy = Sampling.greedy(tokens);
        return new Sampling(tokens, 0, 0, 1, 0, 1, 0, greedy.stopStrings(), greedy.stopIds(), true, 0);
    }

    private static Generation answer(Sampling sampling) {
        try (Session session = engine.open(SessionOptions.of(FEW))) {
            return session.generate(withImage(400), sampling, TokenSink.NONE);
        }
    }

    @Test
    void aStopTokenEndsTheAnswerAndIsItsLastToken() {
        int[] ids = answer(greedy(6)).ids();
        Sampling stopping = new Sampling(6, 0, 0, 1, 0, 1, 0, List.of(), Set.of(ids[2]), true, 0);
        Generation stopped = answer(stopping);
        int first = 0;
        while (ids[first] != ids[2]) {
            first++;
        }
        assertThat(stopped.ids()).containsExactly(Arrays.copyOf(ids, first + 1));
        assertThat(stopped.stopReason()).isEqualTo(StopReason.STOP);
    }

    @Test
    void aSinkThatSaysNoStopsWithinOneToken() {
        try (Session session = engine.open(SessionOptions.of(FEW))) {
            List<GeneratedToken> seen = new ArrayList<>();
            Generation answer = session.generate(withImage(400), greedy(50), token -> {
                seen.add(token);
                return seen.size() < 3;
            });
            assertThat(answer.stopReason()).isEqualTo(StopReason.CANCELLED);
            assertThat(answer.ids().length).isBetween(3, 4);
        }
    }

    @Test
    void cancellingAPromptLeavesTheSessionAsItWas() {
        try (Session session = engine.open(SessionOptions.of(FEW));
                Session fresh = engine.open(SessionOptions.of(FEW))) {
            AtomicInteger layers = new AtomicInteger();
            Generation cancelled = session.generate(withImage(400), greedy(5), TokenSink.NONE, (stage, done, total) -> {
                if (stage == Stage.PREFILL && layers.incrementAndGet() == 2) {
                    session.cancel();
                }
            });
            assertThat(cancelled.stopReason()).isEqualTo(StopReason.CANCELLED);
            assertThat(cancelled.ids()).isEmpty();
            assertThat(cancelled.stats().cacheRows()).containsOnly(0);
            assertThat(session.generate(withImage(401), greedy(5), TokenSink.NONE)
                            .ids())
                    .containsExactly(fresh.generate(withImage(401), greedy(5), TokenSink.NONE)
                            .ids());
        }
    }

    @Test
    void aPromptThatDoesNotFitSaysBothLengthsAndChangesNothing() {
        try (Session session = engine.open(new SessionOptions(FEW, 64))) {
            int[] many = new int[64];
            Arrays.fill(many, 400);
            assertThatThrownBy(() -> session.generate(text(many), greedy(1), TokenSink.NONE))
                    .isInstanceOf(PromptTooLongException.class)
                    .hasMessageContaining("less than 64")
                    .hasMessageContaining("found 64");
            Generation answer = session.generate(text(1, 400), greedy(100), TokenSink.NONE);
            assertThat(answer.stopReason()).isEqualTo(StopReason.LENGTH);
            assertThat(answer.stats().cacheRows()).containsOnly(64);
        }
    }

    @Test
    void marksAndImagesMustAgree() {
        try (Session session = engine.open(SessionOptions.of(FEW))) {
            Prompt twoImages =
                    new Prompt.Tokens(new int[] {1, engine.config().imageToken()}, List.of(PICTURE, PICTURE));
            assertThatThrownBy(() -> session.generate(twoImages, greedy(1), TokenSink.NONE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 image marks")
                    .hasMessageContaining("found 2");
        }
    }

    @Test
    void textNeedsATokenizer() {
        try (Session session = engine.open(SessionOptions.of(FEW))) {
            assertThatThrownBy(() -> session.generate(Prompt.ask("Why?"), greedy(1), TokenSink.NONE))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no tokenizer");
        }
    }

    @Test
    void twoThreadsMayNotEnterOneSession() throws InterruptedException {
        try (Session session = engine.open(SessionOptions.of(FEW))) {
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch leave = new CountDownLatch(1);
            Thread other = Thread.ofPlatform()
                    .start(() -> session.generate(text(1, 400), greedy(2), _ -> {
                        inside.countDown();
                        try {
                            leave.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        return true;
                    }));
            inside.await();
            assertThatThrownBy(() -> session.generate(text(1), greedy(1), TokenSink.NONE))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in use");
            leave.countDown();
            other.join();
        }
    }

    @Test
    void sessionsOfOneEngineDoNotDisturbEachOther() throws InterruptedException {
        int[] expected = answer(greedy(8)).ids();
        AtomicReference<int[]> found = new AtomicReference<>(new int[0]);
        Thread other =
                Thread.ofPlatform().start(() -> found.set(answer(greedy(8)).ids()));
        assertThat(answer(greedy(8)).ids()).containsExactly(expected);
        other.join();
        assertThat(found.get()).containsExactly(expected);
    }

    @Test
    void anEngineDoesNotCloseUnderAnOpenSession() {
        try (Engine small = Engines.load(Checkpoints.named("llava-next-mini-old"), "scalar")) {
            Session session = small.open(SessionOptions.standard());
            assertThatThrownBy(small::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("found 1");
            session.close();
        }
    }

    @Test
    void threadsDoNotChangeTheAnswerBitForBit() {
        float[] one = logprobs(1, Format.F32);
        assertThat(logprobs(2, Format.F32)).containsExactly(one);
        assertThat(logprobs(3, Format.F32)).containsExactly(one);
    }

    @Test
    void aHalfPrecisionCacheTakesHalfTheBytes() {
        long[] bytes = new long[2];
        for (Format format : List.of(Format.F32, Format.F16)) {
            try (Engine other = Engine.load(Checkpoints.named("llava-next-mini-old"), options(2, format));
                    Session session = other.open(SessionOptions.of(FEW))) {
                bytes[format == Format.F32 ? 0 : 1] = session.generate(withImage(400), greedy(4), TokenSink.NONE)
                        .stats()
                        .cacheBytes();
            }
        }
        assertThat(bytes[1]).isPositive();
        assertThat(bytes[0]).isEqualTo(2 * bytes[1]);
    }

    private static float[] logprobs(int threads, Format cache) {
        try (Engine other = Engine.load(Checkpoints.named("llava-next-mini-old"), options(threads, cache));
                Session session = other.open(SessionOptions.of(FEW))) {
            return session.generate(withImage(400), Sampling.greedy(4).withLogprobs(1), TokenSink.NONE)
                    .logprob();
        }
    }

    private static EngineOptions options(int threads, Format cache) {
        EngineOptions standard = EngineOptions.standard();
        return new EngineOptions(
                threads, "vector", standard.compute(), cache, standard.imageLimits(), true, Optional.empty());
    }
}
