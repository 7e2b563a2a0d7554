package dev.fovea.engine.reduce.flex;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The geometry of cells.
class CellsTest {
    private static final Cells PUBLISHED = new Cells(24, 3);

    @Test
    void windowsAreThoseOfAnAdaptiveMaxPool() {
        int[] begins = IntStream.range(0, 9).map(PUBLISHED::begin).toArray();
        int[] ends = IntStream.range(0, 9).map(PUBLISHED::end).toArray();
        assertThat(begins).containsExactly(0, 2, 5, 8, 10, 13, 16, 18, 21);
        assertThat(ends).containsExactly(3, 6, 8, 11, 14, 16, 19, 22, 24);
    }

    @Test
    void aPeakRaisesEveryCellThatSeesIt() {
        assertThat(raised(2, 2)).containsExactly(0, 1, 9, 10);
        assertThat(raised(8, 8)).containsExactly(3 * 9 + 3);
        assertThat(raised(23, 0)).containsExactly(72);
    }

    private static int[] raised(int row, int col) {
        float[] map = new float[24 * 24];
        map[row * 24 + col] = 1;
        float[] pooled = PUBLISHED.pool(map);
        return IntStream.range(0, 81).filter(cell -> pooled[cell] == 1).toArray();
    }

    @Test
    void everyTokenBelongsToItsNearestCell() {
        for (Cells cells : new Cells[] {PUBLISHED, new Cells(24, 2), new Cells(7, 3)}) {
            int high = cells.highSide();
            int[] cellOf = new int[high * high];
            Arrays.fill(cellOf, -1);
            for (int cell = 0; cell < Cells.COUNT; cell++) {
                for (int token : cells.tokens(cell)) {
                    assertThat(cellOf[token]).as("token " + token).isEqualTo(-1);
                    cellOf[token] = cell;
                }
            }
            for (int token = 0; token < cellOf.length; token++) {
                int nearest = token / high * 9 / high * 9 + token % high * 9 / high;
                assertThat(cellOf[token]).as(cells + " token " + token).isEqualTo(nearest);
            }
        }
        assertThat(PUBLISHED.tokens(10)).hasSize(64).startsWith(8 * 72 + 8).endsWith(15 * 72 + 15);
    }
}
