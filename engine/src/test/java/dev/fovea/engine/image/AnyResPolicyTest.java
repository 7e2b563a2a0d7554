package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.Fixtures;
import dev.fovea.engine.image.AnyRes.Size;
import dev.fovea.engine.image.Resampler.Filter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// LLaVA-NeXT's preprocessing against the slow processor of transformers, bit for bit.
class AnyResPolicyTest {
    private static final Path FOLDER = ImageGoldens.resource("preprocess");
    private static final PreprocessGoldens GOLDENS = new PreprocessGoldens(FOLDER, FOLDER);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "square_336x336.png",
                "draw_640x480.png",
                "wide_draw_1024x768.png",
                "tall_200x900.png",
                "strip_1344x336.png",
                "tiny_noise_61x47.png",
                "gray_300x420.png",
                "rgba_500x380.png",
                "palette_420x260.png",
                "exif6_360x270.jpg",
                "exif6_360x270.jpg#raw"
            })
    void tilesAndValuesEqualTheReference(String name) {
        GOLDENS.check(name);
    }

    @Test
    void baseTileAndCanvasEqualTheReferencesPictures() {
        GOLDENS.checkPictures("tall_200x900.png");
    }

    /// Baseline JPEG is no exception: ImageIO and Pillow decode it to the same pixels.
    @Test
    void everyPictureOfTheFixturesEqualsTheReference() {
        Path fixtures = Fixtures.require();
        PreprocessGoldens goldens =
                new PreprocessGoldens(fixtures.resolve("images"), fixtures.resolve("goldens/preprocess"));
        assertThat(goldens.names()).contains("extreme_ironing.jpg");
        goldens.names().forEach(goldens::check);
        for (String name : List.of("draw_640x480.png", "square_336x336.png", "tall_200x900.png")) {
            goldens.checkPictures(name);
        }
    }

    @Test
    void tilesAreTheCanvasCutRowByRow() {
        RgbImage image = TestImages.noiseImage(61, 95, 3);
        List<Size> canvases = List.of(new Size(40, 60));
        AnyResPolicy policy = new AnyResPolicy(canvases, 20, 4, Filter.BILINEAR, TestImages.CLIP);
        RgbImage canvas = AnyRes.onCanvas(image, canvases.getFirst(), Filter.BILINEAR);
        List<RgbImage> pixels = policy.tiling(image).pixels();
        assertThat(pixels).hasSize(7);
        assertThat(pixels.getFirst()).isEqualTo(Resampler.resize(image, 20, 20, Filter.BILINEAR));
        for (int tile = 1; tile < 7; tile++) {
            assertThat(pixels.get(tile)).isEqualTo(canvas.crop((tile - 1) / 3 * 20, (tile - 1) % 3 * 20, 20, 20));
        }
        assertThat(policy.grid(61, 95)).isEqualTo(policy.tiling(image).grid());
    }

    @Test
    void aCanvasThatTilesDoNotFillIsRefused() {
        assertThatThrownBy(() -> new AnyResPolicy(List.of(new Size(40, 50)), 20, 4, Filter.BICUBIC, TestImages.CLIP))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("multiples of tile 20");
    }
}
