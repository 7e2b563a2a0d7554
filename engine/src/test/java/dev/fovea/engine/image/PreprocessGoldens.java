package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.image.AnyRes.Size;
import dev.fovea.engine.image.Resampler.Filter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// `preprocess.json` and its companions, checked wherever they lie: beside the tests or in the fixtures.
final class PreprocessGoldens {
    static final List<Size> PINPOINTS = List.of(
            new Size(336, 672), new Size(672, 336), new Size(672, 672), new Size(1008, 336), new Size(336, 1008));
    static final AnyResPolicy POLICY = new AnyResPolicy(PINPOINTS, 336, 24, Filter.BICUBIC, TestImages.CLIP);

    private final Path images;
    private final Path goldens;
    private final JsonNode cases;

    PreprocessGoldens(Path images, Path goldens) {
        this.images = images;
        this.goldens = goldens;
        this.cases = ImageGoldens.json(goldens.resolve("preprocess.json")).get("images");
    }

    List<String> names() {
        return List.copyOf(cases.propertyNames());
    }

    RgbImage decode(String name) {
        JsonNode golden = cases.get(name);
        Path file = images.resolve(golden.get("image").asString());
        return ImageDecoder.decode(
                file, ImageLimits.DEFAULT, golden.get("exif_rotation_applied").asBoolean());
    }

    /// Sizes, padding, tokens, and every tile's pixels and normalised values, all exactly.
    void check(String name) {
        JsonNode golden = cases.get(name);
        RgbImage image = decode(name);
        Tiling tiling = POLICY.tiling(image);
        Grid grid = tiling.grid();
        assertThat(pair(golden, "image_size_hw")).as(name).containsExactly(grid.imageHeight(), grid.imageWidth());
        Size canvas = AnyRes.bestResolution(image.height(), image.width(), PINPOINTS);
        assertThat(pair(golden, "best_resolution_hw")).as(name).containsExactly(canvas.height(), canvas.width());
        Size resized = AnyRes.resized(image.height(), image.width(), canvas);
        assertThat(pair(golden, "resized_hw")).as(name).containsExactly(resized.height(), resized.width());
        assertThat(pair(golden, "unpadded_grid_hw")).as(name).containsExactly(grid.keptRows(), grid.keptCols());
        assertThat(grid.tiles()).as(name).isEqualTo(golden.get("tiles").asInt());
        assertThat(grid.tokensWithNewlines())
                .as(name)
                .isEqualTo(golden.get("num_image_tokens").asInt());
        assertThat(tiling.pixels().stream().map(TestImages::sha256))
                .as(name)
                .containsExactlyElementsOf(golden.get("tile_rgb_sha256")
                        .valueStream()
                        .map(JsonNode::asString)
                        .toList());
        checkValues(name, tiling);
    }

    private void checkValues(String name, Tiling tiling) {
        float[] expected = ImageGoldens.floats(goldens.resolve("preprocess.safetensors"), name + "/pixel_values_5_14");
        int perTile = expected.length / tiling.tiles().size();
        for (int tile = 0; tile < tiling.tiles().size(); tile++) {
            float[] found = ImageGoldens.sampled(tiling.tiles().get(tile), 3, 336, 5, 14);
            assertThat(found)
                    .as(name + " tile " + tile)
                    .isEqualTo(Arrays.copyOfRange(expected, tile * perTile, (tile + 1) * perTile));
        }
    }

    /// The base tile and the canvas against the reference's own pictures of them.
    void checkPictures(String name) {
        RgbImage image = decode(name);
        Size canvas = AnyRes.bestResolution(image.height(), image.width(), PINPOINTS);
        assertThat(Resampler.resize(image, 336, 336, Filter.BICUBIC)).isEqualTo(picture(name + ".base.png"));
        assertThat(AnyRes.onCanvas(image, canvas, Filter.BICUBIC)).isEqualTo(picture(name + ".canvas.png"));
    }

    private RgbImage picture(String name) {
        return ImageDecoder.decode(goldens.resolve(name), ImageLimits.DEFAULT, false);
    }

    private static int[] pair(JsonNode golden, String key) {
        return new int[] {golden.get(key).get(0).asInt(), golden.get(key).get(1).asInt()};
    }
}
