package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.engine.Fixtures;
import dev.fovea.engine.image.Resampler.Filter;
import dev.fovea.kernel.Workers;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The policies with one tile, and FlexAttention's, against transformers, Pillow and the authors' code.
class PolicyTest {
    /// `policies.json`: `[policy, height, width, seed, edge, crop, sha256]`.
    @Test
    void cropPadAndHighResolutionEqualTheReference() {
        JsonNode rows =
                ImageGoldens.json(ImageGoldens.resource("policies.json")).get("rows");
        assertThat(rows.size()).isEqualTo(48);
        for (JsonNode row : rows) {
            RgbImage image = TestImages.noiseImage(
                    row.get(1).asInt(), row.get(2).asInt(), row.get(3).asInt());
            int edge = row.get(4).asInt();
            int size = row.get(5).asInt();
            RgbImage found = switch (row.get(0).asString()) {
                case "crop" -> only(new CropPolicy(edge, size, 2, Filter.BICUBIC, TestImages.CLIP), image);
                case "pad" -> only(new PadPolicy(size, 2, Filter.BICUBIC, TestImages.CLIP), image);
                default -> joined(new HiResPolicy(edge, size, 2, Filter.BICUBIC, TestImages.CLIP), image);
            };
            assertThat(TestImages.sha256(found))
                    .as(row.toString())
                    .isEqualTo(row.get(6).asString());
        }
    }

    private static RgbImage only(ImagePolicy policy, RgbImage image) {
        Tiling tiling = policy.tiling(image);
        assertThat(tiling.grid()).isEqualTo(policy.grid(image.height(), image.width()));
        assertThat(tiling.tiles().getFirst())
                .isEqualTo(TestImages.CLIP.toTensor(tiling.pixels().getFirst()));
        return tiling.pixels().getFirst();
    }

    private static RgbImage joined(HiResPolicy policy, RgbImage image) {
        Tiling tiling = policy.tiling(image);
        int side = policy.highResSize();
        RgbImage whole = RgbImage.filled(side, side, 0);
        List<RgbImage> tiles = tiling.pixels();
        assertThat(tiling.grid().tiles()).isEqualTo(1 + tiles.size());
        for (int t = 0; t < tiles.size(); t++) {
            assertThat(tiling.tiles().get(t + 1)).isEqualTo(TestImages.CLIP.toTensor(tiles.get(t)));
            int top = t / tiling.grid().tileCols() * policy.size();
            int left = t % tiling.grid().tileCols() * policy.size();
            for (int y = 0; y < policy.size(); y++) {
                System.arraycopy(
                        tiles.get(t).rgb(),
                        3 * y * policy.size(),
                        whole.rgb(),
                        3 * ((top + y) * side + left),
                        3 * policy.size());
            }
        }
        return whole;
    }

    @Test
    void stretchingIgnoresProportions() {
        RgbImage image = TestImages.noiseImage(31, 90, 2);
        Tiling tiling = new StretchPolicy(28, 2, Filter.BICUBIC, TestImages.CLIP).tiling(image);
        assertThat(tiling.pixels()).containsExactly(Resampler.resize(image, 28, 28, Filter.BICUBIC));
        assertThat(tiling.grid()).isEqualTo(Grid.single(2, 31, 90));
    }

    @Test
    void paddingInTheWeightsEqualsPaddingTheSquare() {
        int[][] sizes = {{1, 300}, {300, 1}, {129, 64}, {64, 129}, {50, 50}, {28, 3}};
        for (int[] size : sizes) {
            RgbImage image = TestImages.noiseImage(size[0], size[1], 5);
            int side = Math.max(size[0], size[1]);
            RgbImage square = image.placed((side - size[0]) / 2, (side - size[1]) / 2, side, side, 0x7a7468);
            assertThat(Resampler.resizeSquared(image, 28, 0x7a7468, Filter.BICUBIC, Resampler.Pieces.IN_TURN))
                    .isEqualTo(Resampler.resize(square, 28, 28, Filter.BICUBIC));
        }
    }

    @Test
    void howTheWorkIsSharedChangesNothing() {
        try (Workers workers = new Workers(3)) {
            Resampler.Pieces threads = (count, piece) -> workers.forEach(count, (i, _) -> piece.accept(i));
            Resampler.Pieces backwards = (count, piece) -> {
                for (int i = count - 1; i >= 0; i--) {
                    piece.accept(i);
                }
            };
            for (RgbImage image : List.of(TestImages.noiseImage(131, 250, 7), TestImages.noiseImage(40, 33, 8))) {
                for (ImagePolicy policy : List.of(
                        new PadPolicy(56, 4, Filter.BICUBIC, TestImages.CLIP),
                        new CropPolicy(60, 56, 4, Filter.BICUBIC, TestImages.CLIP),
                        new StretchPolicy(56, 4, Filter.BILINEAR, TestImages.CLIP),
                        new HiResPolicy(112, 56, 4, Filter.BICUBIC, TestImages.CLIP),
                        PreprocessGoldens.POLICY)) {
                    Tiling expected = policy.tiling(image);
                    for (Resampler.Pieces pieces : List.of(threads, backwards)) {
                        Tiling found = policy.tiling(image, pieces);
                        assertThat(found.pixels()).isEqualTo(expected.pixels());
                        assertThat(found.tiles().toArray(float[][]::new))
                                .isDeepEqualTo(expected.tiles().toArray(float[][]::new));
                    }
                }
            }
        }
    }

    /// A square of 60,000 would not fit an array, nor would 10 million columns of 168 rows.
    @Test
    void longPicturesNeedNoHugeIntermediate() {
        for (RgbImage image : List.of(TestImages.noiseImage(1, 60_000, 1), TestImages.noiseImage(60_000, 1, 1))) {
            for (ImagePolicy policy : List.of(
                    new PadPolicy(56, 4, Filter.BICUBIC, TestImages.CLIP),
                    new CropPolicy(168, 168, 12, Filter.BICUBIC, TestImages.CLIP),
                    new StretchPolicy(56, 4, Filter.BILINEAR, TestImages.CLIP),
                    new HiResPolicy(112, 56, 4, Filter.BICUBIC, TestImages.CLIP),
                    PreprocessGoldens.POLICY)) {
                assertThat(policy.tiling(image).grid()).isEqualTo(policy.grid(image.height(), image.width()));
            }
        }
    }

    /// `hired15.json`: shortest edge 336, centre crop, EXIF not applied.
    @Test
    void llava15PixelsEqualTheFixtures() {
        Path fixtures = Fixtures.require();
        CropPolicy policy = new CropPolicy(336, 336, 24, Filter.BICUBIC, TestImages.CLIP);
        JsonNode cases = ImageGoldens.json(fixtures.resolve("goldens/hired15/hired15.json"))
                .get("cases");
        for (int i = 0; cases.has("image" + i + "/rate1"); i++) {
            Path file = fixtures.resolve("images")
                    .resolve(cases.get("image" + i + "/rate1").get("image").asString());
            float[] found = policy.tiling(ImageDecoder.decode(file, ImageLimits.DEFAULT, false))
                    .tiles()
                    .getFirst();
            float[] expected = ImageGoldens.floats(
                    fixtures.resolve("goldens/hired15/hired15.safetensors"), "image" + i + "/pixel_values_5_14");
            assertThat(ImageGoldens.sampled(found, 3, 336, 5, 14))
                    .as(file.toString())
                    .isEqualTo(expected);
        }
        assertThat(cases.has("image3/rate1")).isTrue();
    }

    /// The high-resolution tensor exactly; the reduction by 3 within the rounding of 6 + 6 taps on values below 2.2.
    @Test
    void flexAttentionPixelsEqualTheFixtures() {
        Path fixtures = Fixtures.require();
        Path goldens = fixtures.resolve("goldens/flex/flex.safetensors");
        HiResPolicy policy = new HiResPolicy(1008, 336, 24, Filter.BICUBIC, TestImages.CLIP);
        for (String name : List.of("draw_640x480.png", "square_336x336.png", "tall_200x900.png")) {
            RgbImage image = ImageDecoder.decode(fixtures.resolve("images").resolve(name), ImageLimits.DEFAULT, false);
            Tiling tiling = policy.tiling(image);
            assertThat(tiling.tiles()).hasSize(10);
            float[] whole = TestImages.CLIP.toTensor(joined(policy, image));
            assertThat(ImageGoldens.sampled(whole, 3, 1008, 9, 42))
                    .as(name)
                    .isEqualTo(ImageGoldens.floats(goldens, name + "/pixels_1008_9_42"));
            float[] expected = ImageGoldens.floats(goldens, name + "/pixels_336_5_14");
            float[] found = ImageGoldens.sampled(tiling.tiles().getFirst(), 3, 336, 5, 14);
            double tolerance = 2 * (6 + 6 + 4) * Math.ulp(1f) * 2.2;
            assertThat(found).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) found[i]).as(name + " at " + i).isCloseTo(expected[i], within(tolerance));
            }
        }
    }
}
