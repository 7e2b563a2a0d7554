package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.reduce.FastV;
import dev.fovea.engine.reduce.FastV.Mode;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.PruningTrace;
import dev.fovea.engine.text.Sampling;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What FastV leaves in the cache of each layer, and that hiding tokens equals dropping them.
class FastVCacheTest {
    private static final int IMAGE = 2046;
    private static Engine engine;

    @BeforeAll
    static void load() {
        engine = Engines.small("llava-next-mini-old");
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Prompt prompt(int... ids) {
        List<ImageInput> images = Arrays.stream(ids)
                .filter(id -> id == IMAGE)
                .<ImageInput>mapToObj(id -> new ImageInput.Pixels(Pictures.noise(90, 210, id)))
                .toList();
        return new Prompt.Tokens(ids, images);
    }

    @Test
    void layersBeforeThePruningHoldEverything() {
        try (Session session = engine.open(SessionOptions.of(new FastV(2, 0.75, Mode.STATIC)))) {
            Stats stats = session.generate(prompt(1, 300, IMAGE, 301, 302), Sampling.greedy(4), TokenSink.NONE)
                    .stats();
            ImageSpan span = session.images().getFirst();
            int visual = span.end() - span.begin();
            int kept = (int) Math.rint(visual * 0.25);
            int fed = 3; // the fourth token is not fed again
            int all = 4 + visual + fed;
            assertThat(stats.cacheRows()).containsExactly(all, all, all - visual + kept);
            assertThat(((PruningTrace) session.hook()).keptPositions())
                    .hasSize(kept)
                    .isSorted();
        }
    }

    @Test
    void decodingGoesOnAtTheUncompactedPosition() {
        try (Session session = engine.open(SessionOptions.of(new FastV(1, 1, Mode.STATIC)))) {
            session.generate(prompt(1, 300, IMAGE, 301, 302), Sampling.greedy(3), TokenSink.NONE);
            int length = 4 + session.images().getFirst().tokens().count();
            assertThat(session.positions(0)).hasSize(length + 2).endsWith(length - 1, length, length + 1);
            assertThat(session.positions(2)).containsExactly(0, 1, length - 2, length - 1, length, length + 1);
        }
    }

    @Test
    void hidingTokensEqualsDroppingThemForTheFirstToken() {
        Sampling all = Sampling.greedy(1).withLogprobs(engine.config().text().vocab());
        float[] hidden = byId(new FastV(2, 0.5, Mode.MASK), all);
        float[] dropped = byId(new FastV(2, 0.5, Mode.STATIC), all);
        double largest = 0;
        for (float logprob : dropped) {
            largest = Math.max(largest, -logprob);
        }
        Goldens.assertClose(
                "log-probabilities", dropped, hidden, 2 * ParityTolerance.decoder(engine.config(), largest));
    }

    private static float[] byId(FastV method, Sampling sampling) {
        try (Session session = engine.open(SessionOptions.of(method))) {
            Generation answer = session.generate(prompt(1, 300, IMAGE, 301, 302), sampling, TokenSink.NONE);
            float[] byId = new float[answer.firstLogprobs().size()];
            answer.firstLogprobs().forEach(token -> byId[token.id()] = token.logprob());
            return byId;
        }
    }

    @Test
    void theRowThatAsksIsNeverDropped() {
        try (Session session = engine.open(SessionOptions.of(new FastV(1, 1, Mode.STATIC)))) {
            Stats stats = session.generate(prompt(1, 300, IMAGE), Sampling.greedy(1), TokenSink.NONE)
                    .stats();
            assertThat(stats.cacheRows()[1]).isEqualTo(3);
        }
    }

    @Test
    void allImagesOfAPromptCompete() {
        RgbImage flat = RgbImage.filled(90, 210, 0x808080);
        Prompt both = new Prompt.Tokens(
                new int[] {1, IMAGE, 300, IMAGE, 301},
                List.of(new ImageInput.Pixels(flat), new ImageInput.Pixels(Pictures.noise(90, 210, 1))));
        try (Session session = engine.open(SessionOptions.of(new FastV(2, 0.5, Mode.STATIC)))) {
            session.generate(both, Sampling.greedy(1), TokenSink.NONE);
            int visual = session.images().stream()
                    .mapToInt(span -> span.tokens().count())
                    .sum();
            int[] kept = ((PruningTrace) session.hook()).keptPositions();
            assertThat(kept).hasSize((int) Math.rint(visual * 0.5));
            ImageSpan first = session.images().getFirst();
            long ofFirst = Arrays.stream(kept).filter(at -> at < first.end()).count();
            assertThat(2 * ofFirst).isNotEqualTo(kept.length);
        }
    }
}
