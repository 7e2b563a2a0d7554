package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.image.AnyRes.Size;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Canvas, padding, unpadding and token counts.
class AnyResTest {
    private static final List<Size> PINPOINTS = PreprocessGoldens.PINPOINTS;

    /// `[h, w, best_h, best_w, resized_h, resized_w, pad_top, pad_left, grid_h, grid_w, tokens]`, 241 rows.
    @Test
    void everyRowOfTheResolutionTableAgrees() {
        JsonNode rows = ImageGoldens.json(ImageGoldens.resource("preprocess/resolution_table.json"))
                .get("rows");
        assertThat(rows.size()).isEqualTo(241);
        for (JsonNode row : rows) {
            int height = row.get(0).asInt();
            int width = row.get(1).asInt();
            Size best = AnyRes.bestResolution(height, width, PINPOINTS);
            Size resized = AnyRes.resized(height, width, best);
            Grid grid = AnyRes.grid(height, width, best, 336, 24);
            int[] found = {
                height,
                width,
                best.height(),
                best.width(),
                resized.height(),
                resized.width(),
                (best.height() - resized.height()) / 2,
                (best.width() - resized.width()) / 2,
                grid.keptRows(),
                grid.keptCols(),
                grid.tokensWithNewlines()
            };
            assertThat(found)
                    .containsExactly(row.valueStream().mapToInt(JsonNode::asInt).toArray());
        }
    }

    @Test
    void tokenCountsAreThoseOfTheReference() {
        int[][] rows = { // height, width, with newlines, without
            {480, 640, 2340, 2304},
            {1080, 1920, 1948, 1920},
            {2200, 1700, 2448, 2400},
            {400, 900, 1896, 1872},
            {100, 100, 1176, 1152},
            {672, 672, 2928, 2880}
        };
        for (int[] row : rows) {
            Grid grid = PreprocessGoldens.POLICY.grid(row[0], row[1]);
            assertThat(grid.tokensWithNewlines()).isEqualTo(row[2]);
            assertThat(grid.tokensWithoutNewlines()).isEqualTo(row[3]);
        }
    }

    @Test
    void aTileAloneHasItsPatchesAsTokens() {
        Grid grid = Grid.single(24, 480, 640);
        assertThat(grid.tiles()).isEqualTo(1);
        assertThat(grid.tokensWithNewlines()).isEqualTo(576);
        assertThat(grid.tokensWithoutNewlines()).isEqualTo(576);
    }

    @Test
    void ofEqualCanvasesTheFirstWins() {
        assertThat(AnyRes.bestResolution(100, 100, PINPOINTS)).isEqualTo(new Size(336, 672));
        assertThat(AnyRes.bestResolution(100, 100, PINPOINTS.reversed())).isEqualTo(new Size(672, 336));
    }

    /// Sides up to 400 all, up to 3000 by chance: the integer rule is `int(round(x, 7))` of the reference.
    @Test
    void integerUnpaddingEqualsTheRoundedDoublesOfTheReference() {
        for (int height = 1; height <= 400; height++) {
            for (int width = 1; width <= 400; width++) {
                checkUnpadding(height, width);
            }
        }
        Random random = new Random(20261121);
        for (int i = 0; i < 100_000; i++) {
            checkUnpadding(1 + random.nextInt(3000), 1 + random.nextInt(3000));
        }
    }

    private static void checkUnpadding(int height, int width) {
        Size canvas = AnyRes.bestResolution(height, width, PINPOINTS);
        Grid grid = AnyRes.grid(height, width, canvas, 336, 24);
        int rows = grid.mosaicRows();
        int cols = grid.mosaicCols();
        int keptRows = rows;
        int keptCols = cols;
        if ((double) width / height > (double) cols / rows) {
            keptRows = rows - 2 * ((rows - rounded(height * ((double) cols / width))) / 2);
        } else {
            keptCols = cols - 2 * ((cols - rounded(width * ((double) rows / height))) / 2);
        }
        if (grid.keptRows() != keptRows || grid.keptCols() != keptCols) {
            assertThat(grid)
                    .as(height + " x " + width + ": expected " + keptRows + " x " + keptCols)
                    .isNull();
        }
        assertThat(grid.cropTop()).isEqualTo((rows - keptRows) / 2);
        assertThat(grid.cropLeft()).isEqualTo((cols - keptCols) / 2);
    }

    // Python's int(round(x, 7)): the exact value to 7 decimals, half to even, then truncated.
    private static int rounded(double x) {
        double nearest = Math.rint(x);
        return Math.abs(x - nearest) > 1e-6
                ? (int) x
                : new BigDecimal(x).setScale(7, RoundingMode.HALF_EVEN).intValue();
    }

    /// Whatever the shape, the canvas holds the resized picture, and what unpadding keeps covers it to within a patch.
    @Test
    void keptWindowIsWhereThePictureLies() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            int height = 1 + random.nextInt(4000);
            int width = 1 + random.nextInt(4000);
            Size canvas = AnyRes.bestResolution(height, width, PINPOINTS);
            Size resized = AnyRes.resized(height, width, canvas);
            assertThat(resized.height() <= canvas.height() && resized.width() <= canvas.width())
                    .isTrue();
            Grid grid = AnyRes.grid(height, width, canvas, 336, 24);
            double top = (canvas.height() - resized.height()) / 28.0;
            double left = (canvas.width() - resized.width()) / 28.0;
            assertThat(Math.abs(grid.cropTop() - top)).isLessThanOrEqualTo(1);
            assertThat(Math.abs(grid.cropLeft() - left)).isLessThanOrEqualTo(1);
        }
    }
}
