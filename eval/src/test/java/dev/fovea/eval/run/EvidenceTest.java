package dev.fovea.eval.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.image.Grid;
import dev.fovea.eval.Box;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where evidence lies, against what the training recipe (`training/fovea_training/geometry.py`) computes.
class EvidenceTest {
    private static final int PATCHES = 9;

    private static VlmConfig config() {
        try (Arena arena = Arena.ofConfined()) {
            return VlmConfig.read(ModelFiles.open(Shared.MODEL, arena));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            252|252|2|2|160,193,165,218|68 371 380
            252|252|2|2|112,123,151,134|40 41 161 234 235 251 324 325
            252|252|2|2|235,12,252,25|8 170 178 179
            252|126|1|2|137,46,148,51|32 190
            252|126|1|2|0,5,12,34|0 9 18 81 90 99
            126|252|2|1|32,104,50,133|29 30 38 39 146 147 155 156 164 165
            126|252|2|1|13,94,52,110|28 29 30 136 137 138 145 146 147
            252|214|2|2|159,136,200,141|51 344 345 346
            252|214|2|2|230,112,252,123|44 53 331 332 341
            214|252|2|2|75,163,85,189|57 268 276 277 285 286
            214|252|2|2|178,209,199,213|70 71 383 384
            300|500|2|2|224,345,271,349|61 354
            300|500|2|2|268,99,300,111|17 193 194
            1000|130|1|2|291,95,303,107|56 65 131
            1000|130|1|2|572,52,585,76|41 199""")
    void patchesAreThoseOfTheTrainingRecipe(
            int width, int height, int tileRows, int tileCols, String box, String expected) {
        double[] at =
                Arrays.stream(box.split(",")).mapToDouble(Double::parseDouble).toArray();
        Grid grid = grid(width, height, tileRows, tileCols);
        boolean[][] found = Evidence.of(config(), grid, List.of(new Box(at[0], at[1], at[2], at[3])))
                .patches();
        int[] places = IntStream.range(0, grid.tiles() * PATCHES * PATCHES)
                .filter(place -> found[place / (PATCHES * PATCHES)][place % (PATCHES * PATCHES)])
                .toArray();
        assertThat(places)
                .containsExactly(Arrays.stream(expected.split(" "))
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    @Test
    void recallCountsPatchesOfTheMosaicOnly() {
        boolean[][] patches = {{true, true}, {true, false}, {false, true}};
        Evidence evidence = new Evidence(patches);
        assertThat(evidence.finest()).isEqualTo(2);
        assertThat(evidence.recall(new int[] {0, 1})).isZero(); // the base tile
        assertThat(evidence.recall(new int[] {0, 2, 2, 3})).isEqualTo(0.5); // twice the same counts once
        assertThat(evidence.recall(new int[] {5, 2})).isEqualTo(1);
    }

    @Test
    void aPictureWithoutTilesIsJudgedByItsBase() {
        Evidence evidence = new Evidence(new boolean[][] {{true, false, true}});
        assertThat(evidence.recall(new int[] {2})).isEqualTo(0.5);
        assertThat(new Evidence(new boolean[][] {{false}}).recall(new int[] {0}))
                .isNaN();
    }

    private static Grid grid(int width, int height, int tileRows, int tileCols) {
        return new Grid(tileRows, tileCols, PATCHES, 0, 0, tileRows * PATCHES, tileCols * PATCHES, height, width);
    }
}
