package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Damaged and lying files: each decodes or fails with [ImageFormatException], and never allocates at will.
class HostileImageTest {
    private static final long SEED = 20261121;
    private static final int CORRUPTIONS = 2000;

    // Small, so that a lie within the limits cannot be large either.
    private static final ImageLimits LIMITS = new ImageLimits(1_000_000, 1 << 20, 100);

    @Test
    void everyCorruptionDecodesOrIsRefused() {
        Random random = new Random(SEED);
        List<String> names = ImageDecoderTest.names();
        int refused = 0;
        for (int i = 0; i < CORRUPTIONS; i++) {
            String name = names.get(i % names.size());
            byte[] file = corrupted(ImageDecoderTest.file(name), random);
            refused += refuses(file, "seed " + SEED + ", corruption " + i + " of " + name) ? 1 : 0;
        }
        // Neither all nor none: the corruptions reach headers as well as pixels.
        assertThat(refused).isBetween(CORRUPTIONS / 4, CORRUPTIONS * 3 / 4 + CORRUPTIONS / 10);
    }

    private static boolean refuses(byte[] file, String what) {
        try {
            RgbImage image = ImageDecoder.decode(file, what, LIMITS, true);
            assertThat((long) image.height() * image.width()).as(what).isLessThanOrEqualTo(LIMITS.maxPixels());
            return false;
        } catch (ImageFormatException e) {
            assertThat(e).hasMessageStartingWith(what).hasMessageContaining("expected");
            return true;
        } catch (Throwable e) {
            throw new AssertionError(what, e);
        }
    }

    private static byte[] corrupted(byte[] file, Random random) {
        byte[] bytes = file.clone();
        switch (random.nextInt(6)) {
            case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 2 -> {
                for (int i = 0; i < 10; i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
            case 3 -> { // the header
                for (int i = 0; i < 3; i++) {
                    byte[] extremes = {0, 1, -1, 127, -128, (byte) random.nextInt()};
                    bytes[random.nextInt(Math.min(64, bytes.length))] = extremes[random.nextInt(6)];
                }
            }
            case 4 -> {
                int begin = random.nextInt(bytes.length);
                Arrays.fill(bytes, begin, Math.min(bytes.length, begin + 30), (byte) (random.nextInt(2) - 1));
            }
            default -> {
                int at = random.nextInt(bytes.length);
                byte[] longer = Arrays.copyOf(bytes, bytes.length + 5);
                System.arraycopy(bytes, at, longer, at + 5, bytes.length - at);
                bytes = longer;
            }
        }
        return bytes;
    }

    /// The size fields set to the most that the format can say.
    @ParameterizedTest
    @CsvSource({
        "jpeg_420.jpg, ffc00011 08, ffff ffff",
        "png_rgb8.png, 49484452, 7fffffff 7fffffff",
        "gif_16.gif, 47494638 3761, ffff ffff",
        "bmp_24.bmp, 28000000, ffffff7f ffffff7f",
        "tiff_plain.tif, 0001 0400 01000000, ffffff7f",
        "webp_lossless.webp, 5650384c ........ 2f, ffffff0f",
        "webp_lossy.webp, 9d012a, ff3f ff3f",
    })
    void enormousSizesAreRefusedFromTheHeader(String name, String before, String lie) {
        byte[] file = ImageDecoderTest.file(name);
        int at = after(file, before.replace(" ", ""));
        byte[] bytes = HexFormat.of().parseHex(lie.replace(" ", ""));
        System.arraycopy(bytes, 0, file, at, bytes.length);
        if (name.startsWith("png")) {
            fixHeaderSum(file);
        }
        assertThatThrownBy(() -> ImageDecoder.decode(file, name, ImageLimits.DEFAULT, false))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageMatching("(?s).*(pixels|bytes of pixels).*");
    }

    // Every '.' stands for half a byte of any value.
    private static int after(byte[] file, String pattern) {
        String hex = HexFormat.of().formatHex(file);
        var matcher = Pattern.compile(pattern).matcher(hex);
        int from = 0;
        while (matcher.find(from)) {
            if (matcher.start() % 2 == 0) {
                return matcher.end() / 2;
            }
            from = matcher.start() + 1;
        }
        throw new AssertionError(pattern + " not found in " + hex);
    }

    private static void fixHeaderSum(byte[] png) {
        var crc = new CRC32();
        crc.update(png, 12, 17);
        ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    }

    /// A header within the limits whose picture the data cannot hold is refused before its pixels are allocated.
    @Test
    void sizesThatTheDataCannotHoldAreRefused() {
        byte[] jpeg = ImageDecoderTest.file("jpeg_420.jpg");
        int at = after(jpeg, "ffc0001108");
        ByteBuffer.wrap(jpeg).putShort(at, (short) 9000).putShort(at + 2, (short) 9000);
        byte[] png = ImageDecoderTest.file("png_rgb8.png");
        ByteBuffer.wrap(png).putInt(16, 9000).putInt(20, 9000);
        fixHeaderSum(png);
        for (byte[] file : List.of(jpeg, png)) {
            assertThatThrownBy(() -> ImageDecoder.decode(file, "test", ImageLimits.DEFAULT, false))
                    .isInstanceOf(ImageFormatException.class)
                    .hasMessageStartingWith("test: expected data for 9000 x 9000 pixels");
        }
    }

    @Test
    void aChainOfPagesThatLoopsEnds() {
        byte[] tiff = ImageDecoderTest.file("tiff_plain.tif");
        var file = ByteBuffer.wrap(tiff).order(ByteOrder.LITTLE_ENDIAN);
        int directory = file.getInt(4);
        file.putInt(directory + 2 + 12 * file.getShort(directory), directory);
        assertThatThrownBy(() -> ImageDecoder.decode(tiff, "test", LIMITS, false))
                .hasMessageStartingWith("test: expected at most 100 frames");
    }
}
