package dev.fovea.engine.reduce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.image.AnyRes;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Layout;
import dev.fovea.engine.vision.Layout.Newlines;
import dev.fovea.engine.vision.TowerOutput;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Budgets, selection and order for synthetic scores.
///
/// Numbers: the authors' functions run on `s0[j] = (131 j mod 577) + 1`, `f[p][j] = (97 j + 211 p mod 577) + 1`; a
/// CRC-32
/// is over little-endian 32-bit `tile * 576 + patch`.
class HiRedGoldenTest {
    private static final int PATCHES = 576;
    private static final List<AnyRes.Size> PINPOINTS = List.of(
            new AnyRes.Size(336, 672),
            new AnyRes.Size(672, 336),
            new AnyRes.Size(672, 672),
            new AnyRes.Size(1008, 336),
            new AnyRes.Size(336, 1008));

    @ParameterizedTest
    @CsvSource({
        "480, 640, 0.2, 0.5, 288 70 73 73 72, 64737d89, 502, 7f10359a, 502, 7f10359a",
        "480, 640, 0.4, 0.5, 576 140 146 146 144, 49111dda, 1009, bdb296af, 1009, bdb296af",
        "480, 640, 0.1, 0.25, 72 54 54 54 53, eaa63e48, 235, 4eca3cc1, 235, 4eca3cc1",
        "400, 900, 0.2, 0.5, 230 75 78 76, a7144a6c, 263, 9ec7fe5f, 400, 64febe38",
        "600, 300, 0.2, 0.5, 172 85 87, 9c7a5257, 216, 7fd9a92e, 344, 9c7a5257",
    })
    void referencePreset(
            int height,
            int width,
            String rate,
            String alpha,
            String budgets,
            String selected,
            int n,
            String packed,
            int fixedN,
            String fixedPacked) {
        Grid grid = grid(height, width);
        HiRed method = hired(Preset.REFERENCE, rate, alpha, "transposed");
        HiRed fixed = hired(Preset.REFERENCE, rate, alpha, "fixed");
        HiRed.Selection selection = select(method, grid);
        assertThat(selection.budgets()).containsExactly(ints(budgets));
        assertThat(crc(ascending(selection.mask()))).isEqualTo(selected);
        checkPacked(method.placement(grid), grid, selection, n, packed);
        checkPacked(fixed.placement(grid), grid, select(fixed, grid), fixedN, fixedPacked);
    }

    @ParameterizedTest
    @CsvSource({
        "480, 640, 0.2, 0.5, 288 71 72 73 70, 86d7b306, 500, 5e25cc9b",
        "480, 640, 0.4, 0.5, 576 143 145 146 140, e37b180b, 1007, f6bf2c99",
        "480, 640, 0.1, 0.25, 72 53 54 54 52, 81467452, 233, 72f4c420",
        "400, 900, 0.2, 0.5, 230 76 77 76, 119be452, 400, 898d49ff",
        "600, 300, 0.2, 0.5, 172 86 86, 6d535ccf, 344, 6d535ccf",
    })
    void paperPreset(
            int height, int width, String rate, String alpha, String budgets, String selected, int n, String packed) {
        Grid grid = grid(height, width);
        HiRed method = hired(Preset.PAPER, rate, alpha, "fixed");
        HiRed.Selection selection = select(method, grid);
        assertThat(selection.budgets()).containsExactly(ints(budgets));
        assertThat(crc(ascending(selection.mask()))).isEqualTo(selected);
        checkPacked(method.placement(grid), grid, selection, n, packed);
    }

    @Test
    void thePrintedExampleOfThePaper() { // N = 100, alpha 0.5, ratios .32 / .08 / .58 / .02
        Grid grid = grid(672, 672);
        HiRed method = new HiRed(HiRedSettings.paper(new Budget.Tokens(100)));
        float[] content = new float[PATCHES];
        content[0] = 32;
        content[23] = 8;
        content[552] = 58;
        content[575] = 2;
        HiRed.Selection selection = method.select(grid, () -> content, tile -> scores(tile));
        assertThat(selection.budgets()).containsExactly(50, 16, 4, 29, 1);
    }

    @Test
    void theRemainderGoesToTheLargestFractionsAndNeverPastTheBudget() {
        Grid grid = grid(480, 640);
        HiRed method = (HiRed) Reductions.named(
                "hired", new Reductions.Request(Optional.empty(), Budget.parse("0.2"), Map.of("remainder", "largest")));
        assertThat(Arrays.stream(select(method, grid).budgets()).sum()).isEqualTo(576);
    }

    @Test
    void everythingOnTheLeftDrawsTheBudgetToTheLeftTilesInBlocksOnly() {
        Grid grid = grid(672, 672);
        float[] left = new float[PATCHES];
        for (int row = 0; row < 12; row++) {
            Arrays.fill(left, row * 24, row * 24 + 12, 1f);
        }
        HiRed paper = hired(Preset.PAPER, "0.2", "0.5", "fixed");
        assertThat(paper.select(grid, () -> left, tile -> scores(tile)).budgets())
                .containsExactly(288, 288, 0, 0, 0);
    }

    @Test
    void alphaOneWithTooLargeABudgetSharesEqually() { // the reference divides by zero
        Grid grid = grid(672, 672);
        HiRed method = hired(Preset.REFERENCE, "0.4", "1.0", "fixed");
        assertThat(select(method, grid).budgets()).containsExactly(576, 144, 144, 144, 144);
    }

    private static HiRed hired(Preset preset, String rate, String alpha, String grid) {
        return (HiRed) Reductions.named(
                "hired",
                new Reductions.Request(Optional.of(preset), Budget.parse(rate), Map.of("alpha", alpha, "grid", grid)));
    }

    private static Grid grid(int height, int width) {
        return AnyRes.grid(height, width, AnyRes.bestResolution(height, width, PINPOINTS), 336, 24);
    }

    private static HiRed.Selection select(HiRed method, Grid grid) {
        float[] content = new float[PATCHES];
        for (int j = 0; j < PATCHES; j++) {
            content[j] = 131 * j % 577 + 1;
        }
        return method.select(grid, () -> content, tile -> scores(tile));
    }

    private static float[] scores(int tile) {
        float[] scores = new float[PATCHES];
        for (int j = 0; j < PATCHES; j++) {
            scores[j] = (97 * j + 211 * tile) % 577 + 1;
        }
        return scores;
    }

    private static void checkPacked(Grid placement, Grid grid, HiRed.Selection selection, int n, String crc) {
        VisionConfig config = new VisionConfig(1, 1, 1, 1, 336, 14, Activation.QUICK_GELU, 1e-5f, 0, false);
        TowerOutput output = new TowerOutput(Collections.nCopies(grid.tiles(), Tensor.zeros(PATCHES, 1)), Map.of());
        try (Workers workers = new Workers(1)) {
            EncodedImage image = new EncodedImage(grid, output, config, Kernels.named("scalar", workers), true);
            int[] origins = image.keep(selection.mask(), new Layout(placement, Newlines.NONE))
                    .origins();
            assertThat(origins).hasSize(n);
            assertThat(crc(origins)).isEqualTo(crc);
        }
    }

    private static int[] ascending(boolean[][] mask) {
        return IntStream.range(0, mask.length * PATCHES)
                .filter(i -> mask[i / PATCHES][i % PATCHES])
                .toArray();
    }

    private static int[] ints(String text) {
        return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    private static String crc(int[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        CRC32 crc = new CRC32();
        crc.update(bytes.array());
        return String.format("%08x", crc.getValue());
    }
}
