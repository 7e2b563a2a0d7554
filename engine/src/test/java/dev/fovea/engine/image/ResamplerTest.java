package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.engine.image.Resampler.Filter;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/// Against Pillow and PyTorch: `resample.json`, `antialias.json`, both from `tools/golden/images.py`.
class ResamplerTest {
    @Test
    void everySizeEqualsPillow() {
        for (JsonNode row :
                ImageGoldens.json(ImageGoldens.resource("resample.json")).get("rows")) {
            RgbImage image = TestImages.noiseImage(
                    row.get(0).asInt(), row.get(1).asInt(), row.get(5).asInt());
            RgbImage resized = Resampler.resize(
                    image,
                    row.get(2).asInt(),
                    row.get(3).asInt(),
                    Filter.valueOf(row.get(4).asString()));
            assertThat(TestImages.sha256(resized))
                    .as(row.toString())
                    .isEqualTo(row.get(6).asString());
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneColourStaysThatColour(Filter filter) {
        RgbImage image = RgbImage.filled(37, 91, 0xfe0180);
        assertThat(Resampler.resize(image, 90, 13, filter)).isEqualTo(RgbImage.filled(90, 13, 0xfe0180));
    }

    @ParameterizedTest
    @EnumSource
    void theSameSizeChangesNothingAndTheInputIsNeverTouched(Filter filter) {
        RgbImage image = TestImages.noiseImage(20, 30, 4);
        byte[] before = image.rgb().clone();
        assertThat(Resampler.resize(image, 20, 30, filter)).isEqualTo(image);
        Resampler.resize(image, 20, 7, filter);
        Resampler.resize(image, 7, 30, filter);
        assertThat(image.rgb()).isEqualTo(before);
    }

    @Test
    void anEmptySizeIsRefused() {
        RgbImage image = TestImages.noiseImage(4, 4, 1);
        assertThatThrownBy(() -> Resampler.resize(image, 0, 4, Filter.BICUBIC))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /// Both passes add at most `taps` products of weights that sum to 1, so each side of the comparison errs by at most
    /// `(taps + 2) eps max|x|` per pass: a rounding per product and addition, and two for the weights themselves.
    @Test
    void floatReductionEqualsPyTorch() {
        for (JsonNode golden :
                ImageGoldens.json(ImageGoldens.resource("antialias.json")).get("cases")) {
            int[] size =
                    golden.get("size").valueStream().mapToInt(JsonNode::asInt).toArray();
            byte[] levels =
                    TestImages.noise(2 * size[0] * size[1], golden.get("seed").asInt());
            float[] values = new float[levels.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (levels[i] & 0xff) / 64f - 2;
            }
            float[] found = Resampler.bilinearAntialias(values, 2, size[0], size[1], size[2], size[3]);
            double taps = 2
                    + 2 * Math.ceil(Math.max(1, (double) size[0] / size[2]))
                    + 2 * Math.ceil(Math.max(1, (double) size[1] / size[3]));
            double tolerance = 2 * (taps + 4) * Math.ulp(1f) * 2;
            JsonNode expected = golden.get("values");
            assertThat(expected.size()).isEqualTo(Math.ceilDiv(found.length, 7));
            for (int i = 0; i < expected.size(); i++) {
                assertThat((double) found[7 * i])
                        .as(golden.get("size") + " at " + 7 * i)
                        .isCloseTo(expected.get(i).asDouble(), within(tolerance));
            }
        }
    }

    @Test
    void floatsOfTheSameSizeAreUnchanged() {
        float[] values = {1.5f, -2f, 3.25f, 0.1f, 7f, -9f};
        assertThat(Resampler.bilinearAntialias(values, 1, 2, 3, 2, 3)).containsExactly(values);
    }

    @Test
    void channelsDoNotMix() {
        float[] values = new float[2 * 8 * 8];
        Arrays.fill(values, 64, 128, 1f);
        float[] reduced = Resampler.bilinearAntialias(values, 2, 8, 8, 3, 3);
        for (int i = 0; i < 9; i++) {
            assertThat(reduced[i]).isZero();
            assertThat(reduced[9 + i]).isCloseTo(1f, within(8 * Math.ulp(1f)));
        }
    }
}
