package dev.fovea.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.Audit;
import dev.fovea.engine.family.Shapes;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.RgbImage;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Pictures of what was kept, drawn from made-up tokens.
class KeptPictureTest {
    private static final int WHITE = 0xFFFFFF;

    /// A mosaic without padding.
    private static Grid mosaic(int rows, int cols) {
        return new Grid(rows, cols, 24, 0, 0, 24 * rows, 24 * cols, 336 * rows, 336 * cols);
    }

    private static BufferedImage draw(Grid grid, int[] kept, Lettering lettering) {
        List<RgbImage> tiles = Collections.nCopies(grid.tiles(), RgbImage.filled(336, 336, 0xC04020));
        Audit audit = Audit.of(Shapes.named("llava-next-tiny"), grid, kept, new int[0]);
        Slide.Head head = new Slide.Head("method", List.of("a.png", "1 × 1 px"), "settings", "1 of 2", "tokens");
        return KeptPicture.draw(
                new KeptPicture.Subject(
                        head, tiles, TokenMap.of(grid, kept, new float[0]), new int[0], audit, kept.length),
                lettering);
    }

    private static long pixels(BufferedImage picture, int color) {
        return IntStream.of(picture.getRGB(0, 0, Slide.WIDTH, Slide.HEIGHT, null, 0, Slide.WIDTH))
                .filter(pixel -> (pixel & 0xFFFFFF) == color)
                .count();
    }

    @Test
    void aMachineWithoutFontsStillDraws() {
        Grid grid = mosaic(2, 2);
        int[] kept = IntStream.range(0, 576).toArray();

        BufferedImage silent = draw(grid, kept, Lettering.none());
        BufferedImage written = draw(grid, kept, Lettering.ofMachine());

        assertThat(silent.getWidth()).isEqualTo(written.getWidth());
        assertThat(pixels(silent, 0xC04020)).isGreaterThan(100_000);
        assertThat(pixels(silent, WHITE)).isGreaterThanOrEqualTo(pixels(written, WHITE));
    }

    @Test
    void keptPatchesKeepTheirColour() {
        Grid grid = Grid.single(24, 336, 336);

        long half = pixels(draw(grid, IntStream.range(0, 288).toArray(), Lettering.none()), 0xC04020);
        long all = pixels(draw(grid, IntStream.range(0, 576).toArray(), Lettering.none()), 0xC04020);

        assertThat((double) half / all).isBetween(0.45, 0.55);
    }

    @Test
    void everyShapeOfMosaicFits() {
        for (Grid grid : List.of(mosaic(1, 2), mosaic(2, 1), mosaic(1, 3), mosaic(3, 1), mosaic(3, 3))) {
            BufferedImage picture = draw(grid, new int[] {0, 600}, Lettering.ofMachine());
            for (int y = 0; y < Slide.HEIGHT; y++) { // nothing runs into the margins
                assertThat(picture.getRGB(20, y) & 0xFFFFFF).isEqualTo(WHITE);
                assertThat(picture.getRGB(Slide.WIDTH - 20, y) & 0xFFFFFF).isEqualTo(WHITE);
            }
        }
    }
}
