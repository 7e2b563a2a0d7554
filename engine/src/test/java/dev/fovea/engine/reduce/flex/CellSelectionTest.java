package dev.fovea.engine.reduce.flex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.flex.FlexSettings.Selection;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Which cells a map of attention chooses.
class CellSelectionTest {
    private static final Grid SQUARE = Grid.outside(3, 3, 24, 500, 500);

    private static CellSelection threshold(double threshold, Grid grid) {
        return new CellSelection(new FlexSettings(Selection.THRESHOLD, threshold, Budget.all(), 8, 0), grid);
    }

    private static CellSelection within(Selection selection, Budget budget) {
        return new CellSelection(new FlexSettings(selection, 48, budget, 8, 0), SQUARE);
    }

    private static float[] noise(long seed) {
        Random random = new Random(seed);
        float[] map = new float[24 * 24];
        for (int i = 0; i < map.length; i++) {
            map[i] = random.nextFloat();
        }
        return map;
    }

    @Test
    void aUniformMapChoosesNothing() {
        float[] uniform = new float[24 * 24];
        Arrays.fill(uniform, 0.25f);
        assertThat(threshold(48, SQUARE).select(uniform, 0)).isEmpty();
    }

    @Test
    void theLargestValueIsAlwaysChosenAndTheThresholdIsStrict() {
        float[] map = new float[24 * 24];
        map[0] = 48f / 255;
        map[8 * 24 + 8] = 1;
        assertThat(threshold(48, SQUARE).select(map.clone(), 0)).containsExactly(30);
        map[0] = Math.nextUp(48f / 255);
        assertThat(threshold(48, SQUARE).select(map, 0)).containsExactly(0, 30);
    }

    @Test
    void marginsAreHalfTheGapTruncatedToPatches() {
        assertThat(threshold(48, Grid.outside(3, 3, 24, 1000, 1600)).margin()).isEqualTo(4);
        assertThat(threshold(48, Grid.outside(3, 3, 24, 1600, 1000)).margin()).isEqualTo(4);
        assertThat(threshold(48, Grid.outside(3, 3, 24, 480, 640)).margin()).isEqualTo(3);
        assertThat(threshold(48, SQUARE).margin()).isZero();
    }

    @Test
    void attentionToMarginsDoesNotCount() {
        float[] map = new float[24 * 24];
        map[0] = 100; // a margin's corner
        map[12 * 24 + 1] = 1;
        assertThat(threshold(48, Grid.outside(3, 3, 24, 1000, 1600)).select(map.clone(), 0))
                .containsExactly(36); // left edge, middle
        assertThat(threshold(48, Grid.outside(3, 3, 24, 1600, 1000)).select(map.clone(), 0))
                .as("a tall picture's margins are columns")
                .isEmpty();
    }

    @Test
    void aBudgetIsNeverExceededAndTakesTheBest() {
        for (int tokens : new int[] {0, 63, 64, 127, 128, 600, 5184}) {
            int[] chosen = within(Selection.TOP, new Budget.Tokens(tokens)).select(noise(1), 0);
            assertThat(chosen).as(tokens + " tokens").hasSize(tokens / 64).isSorted();
        }
        assertThat(within(Selection.TOP, new Budget.Rate(0.1)).select(noise(1), 0))
                .hasSize(8);
        float[] map = noise(2);
        int[] best = within(Selection.TOP, new Budget.Tokens(128)).select(map.clone(), 0);
        float[] pooled = new Cells(24, 3).pool(map);
        double least =
                Arrays.stream(best).mapToDouble(cell -> pooled[cell]).min().orElseThrow();
        assertThat(IntStream.range(0, 81).filter(cell -> pooled[cell] > least)).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void equalCellsGoToTheLowerOne() {
        float[] map = new float[24 * 24];
        map[2 * 24 + 2] = 1; // seen by cells 0, 1, 9 and 10
        assertThat(within(Selection.TOP, new Budget.Tokens(192)).select(map, 0)).containsExactly(0, 1, 9);
    }

    @Test
    void randomCellsDependOnNothingButSeedAndDraw() {
        CellSelection random = within(Selection.RANDOM, new Budget.Rate(0.1));
        assertThat(random.select(noise(1), 5)).hasSize(8).containsExactly(random.select(noise(2), 5));
        assertThat(random.select(noise(1), 5)).isNotEqualTo(random.select(noise(1), 6));
    }

    @Test
    void aThresholdGivesNoBoundSoItTakesNoBudget() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Reductions.named(
                        "flexattention",
                        new Reductions.Request(
                                Optional.empty(), new Budget.Rate(0.1), Map.of("selection", "threshold"))))
                .withMessageContaining("top or random");
    }
}
