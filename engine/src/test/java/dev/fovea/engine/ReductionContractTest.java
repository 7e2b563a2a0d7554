package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reduced;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.Reductions.Request;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Tap;
import dev.fovea.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What every method and control promises, on pictures whose grids are not square. A new method is one row of
/// [#ROWS].
class ReductionContractTest {
    private static final String NEXT = "llava-next-mini-old";
    private static final String FLEX = "llava15-flex-tiny";

    /// A grid of one row of tiles, padded above and below.
    private static final RgbImage WIDE = Pictures.noise(200, 500, 1);

    /// A grid of one column of tiles, padded left and right.
    private static final RgbImage TALL = Pictures.noise(500, 200, 2);

    private static final Map<String, Engine> ENGINES = new HashMap<>();

    /// A method and what it promises.
    ///
    /// @param model    the checkpoint that serves it
    /// @param bounded  whether its budget bounds the tokens of the prompt that stand for patches
    /// @param merges   whether it makes new features out of several
    /// @param identity what makes it change nothing; empty where nothing does
    record Row(String name, String model, boolean bounded, boolean merges, Optional<Request> identity) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<Row> ROWS = List.of(
            new Row("none", NEXT, false, false, Optional.of(Request.standard())),
            new Row("hired", NEXT, true, false, budget("1.0")),
            new Row("prumerge", NEXT, false, true, Optional.empty()),
            new Row("prumerge+", NEXT, false, true, Optional.empty()),
            new Row("tokencorr", NEXT, false, false, set("beta", "1")),
            new Row("fastv", NEXT, false, false, set("r", "0")),
            new Row("flexattention", FLEX, false, false, budget("0")),
            new Row("random", NEXT, true, false, budget("1.0")),
            new Row("stride", NEXT, true, false, budget("1.0")),
            new Row("pool", NEXT, true, true, budget("1.0")),
            new Row("thumbnail", FLEX, true, false, budget("1.0")),
            new Row(
                    "hired,fastv",
                    NEXT,
                    true,
                    false,
                    Optional.of(new Request(Optional.empty(), Budget.all(), Map.of("r", "0")))));

    private static Optional<Request> budget(String budget) {
        return Optional.of(Request.of(Budget.parse(budget)));
    }

    private static Optional<Request> set(String name, String value) {
        return Optional.of(new Request(Optional.empty(), Optional.empty(), Map.of(name, value)));
    }

    static List<Row> rows() {
        return ROWS;
    }

    static Stream<Row> bounded() {
        return ROWS.stream().filter(Row::bounded);
    }

    static Stream<Row> unmerged() {
        return ROWS.stream().filter(row -> !row.merges);
    }

    static Stream<Row> withIdentity() {
        return ROWS.stream().filter(row -> row.identity.isPresent());
    }

    @AfterAll
    static void close() {
        ENGINES.values().forEach(Engine::close);
        ENGINES.clear();
    }

    private static Engine engine(Row row) {
        return ENGINES.computeIfAbsent(row.model, Engines::small);
    }

    private static TokenReduction method(Row row, Request request) {
        return Reductions.named(row.name, request).forModel(engine(row).config());
    }

    private static EncodedImage look(Row row, RgbImage pixels, TokenReduction method) {
        return engine(row)
                .encoder()
                .look(pixels, method, new StatsRecorder(engine(row).kernels()));
    }

    private static Prompt prompt(Row row, RgbImage... images) {
        int[] ids = new int[2 + 2 * images.length];
        Arrays.fill(ids, 300);
        ids[0] = 1;
        for (int i = 0; i < images.length; i++) {
            ids[1 + 2 * i] = engine(row).config().imageToken();
        }
        return new Prompt.Tokens(
                ids, Stream.of(images).<ImageInput>map(ImageInput.Pixels::new).toList());
    }

    private static Generation answer(Row row, TokenReduction method, Prompt prompt) {
        Sampling sampling = new Sampling(3, 0, 0, 1, 0, 1, 0, List.of(), Set.of(), true, 50);
        try (Session session = engine(row).open(SessionOptions.of(method))) {
            return session.generate(prompt, sampling, TokenSink.NONE);
        }
    }

    @Test
    void everyMethodHasARow() {
        assertThat(ROWS.stream().map(Row::name).filter(name -> !name.contains(",")))
                .containsExactlyInAnyOrderElementsOf(Reductions.names());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theSamePictureGivesTheSameTokensAndLeavesItUntouched(Row row) {
        TokenReduction method = method(row, Request.standard());
        for (RgbImage picture : List.of(WIDE, TALL)) {
            EncodedImage image = look(row, picture, method);
            List<float[]> before = contents(image, method);
            Reduced first = method.reduce(image);
            Reduced second = method.reduce(image);
            assertThat(second.prompt().origins()).containsExactly(first.prompt().origins());
            assertThat(second.prompt().features().toArray())
                    .containsExactly(first.prompt().features().toArray());
            assertThat(second.budgets()).containsExactly(first.budgets());
            assertThat(contents(image, method)).usingRecursiveComparison().isEqualTo(before);
        }
    }

    /// Copies of everything that a method sees.
    private static List<float[]> contents(EncodedImage image, TokenReduction method) {
        List<float[]> contents = new ArrayList<>();
        for (int tile = 0; tile < image.tiles(); tile++) {
            if (!image.encoded(tile)) {
                continue;
            }
            contents.add(image.features(tile).toArray());
            for (int layer : method.visionTaps(image.config())) {
                Tap tap = image.tap(layer, tile);
                contents.add(tap.classQuery().toArray());
                contents.add(tap.keys().toArray());
            }
        }
        return contents;
    }

    @ParameterizedTest
    @MethodSource("rows")
    void originsAreOfTheGridAndNoPlaceComesTwice(Row row) {
        TokenReduction method = method(row, Request.standard());
        for (RgbImage picture : List.of(WIDE, TALL)) {
            EncodedImage image = look(row, picture, method);
            Reduced reduced = method.reduce(image);
            for (int[] origins :
                    List.of(reduced.prompt().origins(), reduced.outside().origins())) {
                int[] placed =
                        Arrays.stream(origins).filter(origin -> origin >= 0).toArray();
                assertThat(Arrays.stream(placed).distinct().count()).isEqualTo(placed.length);
                assertThat(Arrays.stream(origins)).allMatch(at -> at >= -2 && at < image.tiles() * image.patches());
            }
            assertThat(reduced.prompt().features().toArray()).doesNotContain(Float.NaN);
        }
    }

    @ParameterizedTest
    @MethodSource("bounded")
    void noMoreTokensThanTheBudget(Row row) {
        for (String text : new String[] {"0", "1", "17", "0.05", "0.2", "0.4", "0.99"}) {
            Budget budget = Budget.parse(text);
            TokenReduction method = method(row, Request.of(budget));
            for (RgbImage picture : List.of(WIDE, TALL)) {
                EncodedImage image = look(row, picture, method);
                assertThat(method.reduce(image).prompt().kept())
                        .as("budget " + text)
                        .isLessThanOrEqualTo(budget.tokens(image.tiles(), image.patches()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("withIdentity")
    void itsIdentitySettingChangesNothingBitForBit(Row row) {
        Prompt prompt = prompt(row, WIDE);
        TokenReduction none = Reductions.named("none", Request.standard());
        Generation plain = answer(row, none, prompt);
        Generation found = answer(row, method(row, row.identity.orElseThrow()), prompt);
        assertThat(found.firstLogprobs()).isEqualTo(plain.firstLogprobs());
        assertThat(found.ids()).containsExactly(plain.ids());
        assertThat(found.logprob()).containsExactly(plain.logprob());
        assertThat(found.stats().cacheRows()).containsExactly(plain.stats().cacheRows());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void twoImagesOfAPromptAreReducedEachByItself(Row row) {
        TokenReduction method = method(row, Request.standard());
        Prompt prompt = prompt(row, WIDE, TALL);
        Generation both = answer(row, method, prompt);
        List<ImageStats> images = both.stats().images();
        assertThat(images).hasSize(2);
        int rows = 4;
        for (int i = 0; i < 2; i++) {
            EncodedImage image = look(row, i == 0 ? WIDE : TALL, method);
            Reduced alone = method.reduce(image);
            assertThat(images.get(i).tokens()).isEqualTo(alone.prompt().count());
            rows += alone.prompt().count();
        }
        assertThat(both.stats().promptRows()).isEqualTo(rows);
        Generation again = answer(row, method, prompt);
        assertThat(again.ids()).containsExactly(both.ids());
        assertThat(again.logprob()).containsExactly(both.logprob());
    }

    /// A reduction that returns tokens of another picture would still pass all of the above.
    @ParameterizedTest
    @MethodSource("unmerged")
    void unmergedTokensKeepTheirFeatures(Row row) {
        TokenReduction method = method(row, Request.standard());
        EncodedImage image = look(row, WIDE, method);
        Reduced reduced = method.reduce(image);
        Tensor features = reduced.prompt().features();
        int at = 0;
        for (int origin : reduced.prompt().origins()) {
            if (origin >= 0) {
                Tensor tile = image.features(origin / image.patches());
                int patch = origin % image.patches();
                assertThat(features.slice(at, at + 1).toArray())
                        .as("token " + at)
                        .containsExactly(tile.slice(patch, patch + 1).toArray());
                at++;
            }
        }
        assertThat(at).isEqualTo(features.rows());
    }
}
