package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Every way of storing pixels against Pillow (`formats.json`, from `tools/golden/images.py`), and what is refused.
class ImageDecoderTest {
    private static final JsonNode FORMATS = ImageGoldens.json(ImageGoldens.resource("formats.json"));

    static List<String> names() {
        return List.copyOf(FORMATS.propertyNames());
    }

    static byte[] file(String name) {
        return ImageGoldens.bytes(ImageGoldens.resource("formats/" + name));
    }

    private static RgbImage decode(byte[] file, boolean applyExif) {
        return ImageDecoder.decode(file, "test", ImageLimits.DEFAULT, applyExif);
    }

    @ParameterizedTest
    @MethodSource("names")
    void pixelsAreThoseOfPillow(String name) {
        if (name.startsWith("webp_lossy")) {
            return; // lossyWebpIsCloseToPillow
        }
        JsonNode stored = FORMATS.get(name);
        JsonNode upright = stored.has("upright") ? stored.get("upright") : stored;
        check(decode(file(name), false), stored);
        check(decode(file(name), true), upright);
    }

    private static void check(RgbImage image, JsonNode golden) {
        assertThat(List.of(image.height(), image.width()))
                .containsExactly(
                        golden.get("height").asInt(), golden.get("width").asInt());
        assertThat(TestImages.sha256(image)).isEqualTo(golden.get("sha256").asString());
    }

    @Test
    void allEightOrientationsAreTested() {
        for (int orientation = 1; orientation <= 8; orientation++) {
            assertThat(names()).contains("exif_" + orientation + ".jpg");
            assertThat(FORMATS.get("exif_" + orientation + ".jpg").has("upright"))
                    .isEqualTo(orientation > 1);
        }
    }

    @Test
    void damagedExifTurnsNothing() {
        byte[] file = file("exif_6.jpg");
        int exif = indexOf(file, "Exif\0\0");
        for (int at = exif + 6; at < exif + 30; at++) {
            byte[] damaged = file.clone();
            damaged[at] = (byte) 0xff;
            assertThat(decode(damaged, true).height() + decode(damaged, true).width())
                    .isEqualTo(60);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void aTruncatedFileIsAnError(String name) {
        byte[] file = file(name);
        for (int length :
                new int[] {0, 1, 7, file.length / 4, file.length / 2, file.length * 3 / 4, file.length - 30}) {
            byte[] start = Arrays.copyOf(file, length);
            // The first page of two, and the first frame of an animation, may be complete before the file is.
            if (name.contains("two_pages") || name.contains("animated")) {
                continue;
            }
            assertThatThrownBy(() -> decode(start, false))
                    .as(name + " cut to " + length)
                    .isInstanceOf(ImageFormatException.class);
        }
    }

    @Test
    void aPngWithoutItsEndChunkIsCompleteAsInPillow() {
        byte[] file = file("png_rgb8.png");
        assertThat(decode(Arrays.copyOf(file, file.length - 12), false)).isEqualTo(decode(file, false));
    }

    @Test
    void bytesAfterTheImageDoNotMatter() {
        for (String name : List.of("jpeg_420.jpg", "png_rgb8.png", "gif_16.gif", "bmp_24.bmp", "webp_lossless.webp")) {
            byte[] file = file(name);
            assertThat(decode(Arrays.copyOf(file, file.length + 99), false)).isEqualTo(decode(file, false));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avif", "avis", "heic", "heix", "mif1"})
    void heicAndAvifAreRefusedByName(String brand) {
        byte[] file = ("\0\0\0\u0018ftyp" + brand + "\0\0\0\0mif1miaf").getBytes(StandardCharsets.ISO_8859_1);
        String name = brand.startsWith("avi") ? "AVIF" : "HEIC";
        assertThatThrownBy(() -> decode(file, false))
                .isInstanceOf(ImageFormatException.class)
                .hasMessage("test: expected a JPEG, PNG, GIF, BMP, TIFF or WebP image, found " + name
                        + ", which is not supported");
    }

    @Test
    void whateverElseIsNamedByItsFirstBytes() {
        assertThatThrownBy(() -> decode("hello, world".getBytes(StandardCharsets.US_ASCII), false))
                .hasMessageEndingWith("found bytes 68 65 6c 6c 6f 2c 20 77");
        assertThatThrownBy(() -> decode(new byte[0], false)).hasMessageEndingWith("found an empty file");
    }

    @Test
    void limitsAreCheckedBeforePixelsAre() {
        byte[] file = file("gif_animated.gif"); // 37 x 23, two frames
        int bytes = file.length;
        ImageDecoder.decode(file, "test", new ImageLimits(851, bytes, 2), false);
        assertThatThrownBy(() -> ImageDecoder.decode(file, "test", new ImageLimits(850, bytes, 2), false))
                .hasMessage("test: expected at most 850 pixels, found 37 x 23 = 851");
        assertThatThrownBy(() -> ImageDecoder.decode(file, "test", new ImageLimits(851, bytes - 1, 2), false))
                .hasMessage("test: expected at most " + (bytes - 1) + " bytes, found " + bytes + " or more");
        assertThatThrownBy(() -> ImageDecoder.decode(file, "test", new ImageLimits(851, bytes, 1), false))
                .hasMessage("test: expected at most 1 frames, found 2");
    }

    @Test
    void pagesAndFramesAreCounted() {
        for (String name : List.of("tiff_two_pages.tif", "webp_animated.webp")) {
            ImageDecoder.decode(file(name), name, new ImageLimits(851, 10_000, 2), false);
            assertThatThrownBy(() -> ImageDecoder.decode(file(name), name, new ImageLimits(851, 10_000, 1), false))
                    .hasMessage(name + ": expected at most 1 frames, found 2");
        }
    }

    @Test
    void aFileOnDiskIsReadUpToTheLimit(@TempDir Path folder) throws Exception {
        byte[] bytes = file("png_rgb8.png");
        Path file = Files.write(folder.resolve("a.png"), bytes);
        assertThat(ImageDecoder.decode(file, ImageLimits.DEFAULT, false)).isEqualTo(decode(bytes, false));
        assertThatThrownBy(() -> ImageDecoder.decode(file, new ImageLimits(1000, bytes.length - 1, 1), false))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("a.png: expected at most");
        assertThatThrownBy(() -> ImageDecoder.decode(folder.resolve("none"), ImageLimits.DEFAULT, false))
                .isInstanceOf(UncheckedIOException.class);
    }

    /// The plug-in's lossy decoder is known not to be libwebp's. On this hard picture of 37 x 23 saturated pixels it is
    /// off by up to 85 levels; the bound says that it decodes the same picture, not that it decodes it well.
    @ParameterizedTest
    @ValueSource(strings = {"webp_lossy", "webp_lossy_alpha"})
    void lossyWebpIsCloseToPillow(String name) {
        byte[] found = decode(file(name + ".webp"), false).rgb();
        byte[] expected = decode(file(name + ".expected.png"), false).rgb();
        long sum = 0;
        for (int i = 0; i < expected.length; i++) {
            sum += Math.abs((found[i] & 0xff) - (expected[i] & 0xff));
        }
        assertThat((double) sum / expected.length).isBetween(0.1, 20.0);
    }

    private static int indexOf(byte[] file, String text) {
        return new String(file, StandardCharsets.ISO_8859_1).indexOf(text);
    }
}
