package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Preset;
import dev.fovea.engine.reduce.Reduced;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.Reductions.Request;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.TowerOutput;
import dev.fovea.engine.vision.VisionConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Tiles that a method does not want are not encoded, and nothing else changes, bit for bit.
class LazyTilesTest {
    private static final List<RgbImage> PICTURES =
            List.of(Pictures.noise(200, 500, 1), Pictures.noise(500, 200, 2), Pictures.noise(300, 300, 3));
    private static Engine engine;

    @BeforeAll
    static void load() {
        engine = Engines.small("llava-next-mini-old");
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    /// A method that wants to see everything.
    private record Eager(TokenReduction method) implements TokenReduction {
        @Override
        public String name() {
            return method.name();
        }

        @Override
        public Map<String, Object> settings() {
            return method.settings();
        }

        @Override
        public Set<Integer> visionTaps(VisionConfig vision) {
            return method.visionTaps(vision);
        }

        @Override
        public Reduced reduce(EncodedImage image) {
            return method.reduce(image);
        }
    }

    private static TokenReduction hired(Preset preset, String budget, Map<String, String> settings) {
        return Reductions.named("hired", new Request(Optional.of(preset), Budget.parse(budget), settings));
    }

    private static EncodedImage look(Engine engine, RgbImage picture, TokenReduction method) {
        return engine.encoder().look(picture, method, new StatsRecorder(engine.kernels()));
    }

    /// Checks that a method sees fewer tiles and gives the same, and returns how many tiles it was spared.
    private static int checkSame(String name, Engine engine, RgbImage picture, TokenReduction method) {
        EncodedImage some = look(engine, picture, method);
        EncodedImage all = look(engine, picture, new Eager(method));
        Reduced lazy = method.reduce(some);
        Reduced eager = method.reduce(all);
        assertThat(lazy.budgets()).as(name).containsExactly(eager.budgets());
        assertThat(lazy.prompt().origins())
                .as(name)
                .containsExactly(eager.prompt().origins());
        assertThat(lazy.prompt().features().toArray())
                .as(name)
                .containsExactly(eager.prompt().features().toArray());
        assertThat(all.encodedTiles()).isEqualTo(all.tiles());
        for (int tile = 1; tile < some.tiles(); tile++) {
            boolean needed = lazy.budgets().length == 0 || lazy.budgets()[tile] > 0; // none granted: it keeps all
            assertThat(some.encoded(tile)).as(name + " tile " + tile).isEqualTo(needed);
        }
        return some.tiles() - some.encodedTiles();
    }

    @Test
    void tilesWithoutABudgetAreNotEncodedAndNothingElseChanges() {
        int spared = 0;
        for (Preset preset : Preset.values()) {
            for (String budget : new String[] {"0", "1", "2", "5", "11", "0.02", "0.2", "0.4", "0.99", "1.0"}) {
                for (String alpha : new String[] {"0", "0.5", "0.9", "1"}) {
                    for (int i = 0; i < PICTURES.size(); i++) {
                        String name = preset + ", budget " + budget + ", alpha " + alpha + ", picture " + i;
                        TokenReduction method = hired(preset, budget, Map.of("alpha", alpha));
                        spared += checkSame(name, engine, PICTURES.get(i), method);
                    }
                }
            }
        }
        assertThat(spared).as("tiles spared over all cases").isPositive();
    }

    @Test
    void everyGoldenCaseIsTheSameWithAndWithoutTheTilesThatNobodyWants() {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/hired"), "hired");
        try (Engine tiny = Engines.load(fixtures.resolve("checkpoints/llava-next-tiny"), "best")) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                Path file =
                        fixtures.resolve("images").resolve(expected.get("image").asString());
                RgbImage picture = tiny.encoder().decode(new ImageInput.File(file));
                Map<String, String> settings =
                        Map.of("alpha", expected.get("alpha").asString());
                checkSame(name, tiny, picture, HiRedParityTest.reduction(expected, settings));
                checkSame(name + ", 3 tokens", tiny, picture, hired(Preset.PAPER, "3", settings));
            });
        }
    }

    @Test
    void theReportSaysHowManyTilesWereEncodedAndTheTowersOperationsFallInProportion() {
        Generation all = answer(new Eager(hired(Preset.PAPER, "4", Map.of())));
        Generation some = answer(hired(Preset.PAPER, "4", Map.of()));
        ImageStats image = some.stats().images().getFirst();
        int granted = (int) Arrays.stream(image.budgets(), 1, image.tiles())
                .filter(budget -> budget > 0)
                .count();
        assertThat(granted).isLessThan(image.tiles() - 1);
        assertThat(image.encodedTiles()).isEqualTo(1 + granted);
        assertThat(all.stats().images().getFirst().encodedTiles()).isEqualTo(image.tiles());
        assertThat(some.firstLogprobs()).isEqualTo(all.firstLogprobs());
        assertThat(some.ids()).containsExactly(all.ids());
        long spared = all.stats().operations(Stage.VISION) - some.stats().operations(Stage.VISION);
        long oneTile = spared / (image.tiles() - image.encodedTiles());
        long projector = all.stats().operations(Stage.VISION) - image.tiles() * oneTile;
        assertThat(spared).isEqualTo((image.tiles() - image.encodedTiles()) * oneTile);
        assertThat(projector).as("operations of the projector").isBetween(1L, oneTile);
    }

    private static Generation answer(TokenReduction method) {
        int[] ids = {1, 300, engine.config().imageToken(), 301};
        Prompt prompt = new Prompt.Tokens(ids, List.of(new ImageInput.Pixels(PICTURES.get(2))));
        Sampling sampling = new Sampling(3, 0, 0, 1, 0, 1, 0, List.of(), Set.of(), true, 50);
        try (Session session = engine.open(SessionOptions.of(method))) {
            return session.generate(prompt, sampling, TokenSink.NONE);
        }
    }

    @Test
    void tilesBelowTheLeastNumberOfTokensAreSkippedAndTheOthersStayAsTheyWere() {
        for (RgbImage picture : PICTURES) {
            TokenReduction every = hired(Preset.PAPER, "0.2", Map.of());
            int[] before = every.reduce(look(engine, picture, every)).budgets();
            int least = Arrays.stream(before, 1, before.length).max().orElseThrow();
            TokenReduction few = hired(Preset.PAPER, "0.2", Map.of("skip_below", Integer.toString(least)));
            checkSame("at least " + least, engine, picture, few);
            int[] after = few.reduce(look(engine, picture, few)).budgets();
            assertThat(after)
                    .containsExactly(IntStream.range(0, before.length)
                            .map(tile -> tile == 0 || before[tile] >= least ? before[tile] : 0)
                            .toArray());
        }
    }

    @Test
    void aTileThatWasNotEncodedIsRefused() {
        EncodedImage image = look(engine, PICTURES.getFirst(), hired(Preset.PAPER, "0", Map.of()));
        assertThat(image.encodedTiles()).isEqualTo(1);
        assertThat(image.encoded(0)).isTrue();
        assertThatThrownBy(() -> image.features(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("tile 1")
                .hasMessageContaining("not encoded");
        assertThatThrownBy(() -> image.tap(0, 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("tile 2");
    }

    @Test
    void aTileGivesTheSameInAnyCompany() {
        int size = engine.config().vision().imageSize();
        List<float[]> tiles = IntStream.range(0, 3)
                .mapToObj(i -> {
                    float[] tile = new float[3 * size * size];
                    byte[] rgb = Pictures.noise(size, size, 10 + i).rgb();
                    for (int j = 0; j < tile.length; j++) {
                        tile[j] = rgb[j] / 64f;
                    }
                    return tile;
                })
                .toList();
        TowerOutput together = engine.model().tower().encode(tiles, Set.of(0), engine.workspace());
        for (int i = 0; i < tiles.size(); i++) {
            TowerOutput alone = engine.model().tower().encode(tiles.subList(i, i + 1), Set.of(0), engine.workspace());
            assertThat(together.features().get(i).toArray())
                    .containsExactly(alone.features().getFirst().toArray());
            assertThat(together.taps().getOrDefault(0, List.of()).get(i).keys().toArray())
                    .containsExactly(alone.taps()
                            .getOrDefault(0, List.of())
                            .getFirst()
                            .keys()
                            .toArray());
        }
    }
}
