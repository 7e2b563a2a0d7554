package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Every format against bytes written by hand.
class FormatTest {
    @ParameterizedTest
    @CsvSource({
        "F32, 1, 4",
        "F16, 1, 2",
        "BF16, 1, 2",
        "Q8_0, 32, 34",
        "Q4_0, 32, 18",
        "Q4_K, 256, 144",
        "Q5_K, 256, 176",
        "Q6_K, 256, 210"
    })
    void sizesAreThoseOfTheBlock(Format format, int block, int bytes) {
        assertThat(format.block()).isEqualTo(block);
        assertThat(format.blockBytes()).isEqualTo(bytes);
        assertThat(format.bytes(0)).isZero();
        assertThat(format.bytes(3L * block)).isEqualTo(3L * bytes);
        if (block > 1) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> format.bytes(block + 1))
                    .withMessage(format + ": expected a multiple of " + block + " numbers, found " + (block + 1));
        }
    }

    @Test
    void rowsAreWholeBlocks() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Matrix(MemorySegment.ofArray(new byte[68]), Format.Q8_0, 4, 16))
                .withMessage("matrix [4, 16] of Q8_0: expected a multiple of 32 columns");
    }

    @Test
    void eightBitsAreScaledBytes() {
        MemorySegment block = bytes("0038" + "7f80ff01" + "00".repeat(28)); // d = 0.5
        assertThat(numbers(Format.Q8_0, block, 5)).containsExactly(63.5f, -64f, -0.5f, 0.5f, 0f);
    }

    @Test
    void fourBitsAreHalvesOfBytesSixteenApart() {
        MemorySegment block = bytes("0044" + "0f" + "80".repeat(14) + "f1"); // d = 4
        float[] numbers = numbers(Format.Q4_0, block, 32);
        assertThat(numbers[0]).isEqualTo(28f);
        assertThat(numbers[16]).isEqualTo(-32f);
        assertThat(numbers[1]).isEqualTo(-32f);
        assertThat(numbers[17]).isEqualTo(0f);
        assertThat(numbers[15]).isEqualTo(-28f);
        assertThat(numbers[31]).isEqualTo(28f);
    }

    /// d = 1, dmin = 2; scales 1 … 4, then 17, 34, 51 and 8; minima 5 … 8, then 1, 2, 3 and 52.
    private static final String HEAD = "003c0040" + "4182c304" + "050607c8" + "11223348";

    @Test
    void fourBitGroupsHaveSixBitScalesAndMinima() {
        float[] numbers = numbers(Format.Q4_K, bytes(HEAD + "21".repeat(32) + "43".repeat(32) + "65".repeat(64)), 256);
        assertThat(firstOfGroups(numbers))
                .containsExactly(
                        1f - 10,
                        2f * 2 - 12,
                        3f * 3 - 14,
                        4f * 4 - 16,
                        17f * 5 - 2,
                        34f * 6 - 4,
                        51f * 5 - 6,
                        8f * 6 - 104);
        assertThat(numbers[31]).isEqualTo(numbers[0]);
        assertThat(numbers[255]).isEqualTo(numbers[224]);
    }

    @Test
    void theFifthBitOfAGroupIsItsBitOfTheByte() {
        String fifths = "a5" + "00".repeat(31); // groups 0, 2, 5 and 7, first number
        float[] numbers = numbers(Format.Q5_K, bytes(HEAD + fifths + "11".repeat(128)), 256);
        assertThat(firstOfGroups(numbers))
                .containsExactly(
                        1f * 17 - 10, 2f - 12, 3f * 17 - 14, 4f - 16, 17f - 2, 34f * 17 - 4, 51f - 6, 8f * 17 - 104);
        assertThat(numbers[1]).isEqualTo(1f - 10);
    }

    @Test
    void sixBitsAreFourAndTwo() {
        String low = "21".repeat(32) + "43".repeat(32) + "65".repeat(32) + "87".repeat(32);
        String high = "e4".repeat(32) + "1b".repeat(32); // 0, 1, 2, 3 and 3, 2, 1, 0
        String scales = "01ff02fe03fd04fc05fb06fa07f97f80";
        float[] numbers = numbers(Format.Q6_K, bytes(low + high + scales + "003c"), 256);
        int[] sixBits = {1, 16 + 3, 32 + 2, 48 + 4, 48 + 5, 32 + 7, 16 + 6, 8};
        byte[] scale = HexFormat.of().parseHex(scales);
        for (int i = 0; i < 256; i += 16) {
            assertThat(numbers[i]).as("number %d", i).isEqualTo(scale[i / 16] * (sixBits[i / 32] - 32f));
            assertThat(numbers[i + 15]).isEqualTo(numbers[i]);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Format.class, mode = EnumSource.Mode.MATCH_ANY, names = "Q.*")
    void everyBlockIsWhatTheDefinitionSays(Format format) {
        try (Arena arena = Arena.ofConfined()) {
            Matrix w = new Samples(15).matrix(format, 40, 2 * format.block(), arena);
            float[] row = new float[w.cols() + 1];
            for (int r = 0; r < w.rows(); r++) {
                format.unpack(w.bytes(), (long) r * w.cols(), w.cols(), row, 1);
                for (int i = 0; i < w.cols(); i++) {
                    double expected = Oracle.read(w.bytes(), format, (long) r * w.cols() + i);
                    assertThat((double) row[i + 1])
                            .as("%s [%d, %d]", format, r, i)
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static float[] firstOfGroups(float[] numbers) {
        float[] first = new float[numbers.length / 32];
        for (int g = 0; g < first.length; g++) {
            first[g] = numbers[32 * g];
        }
        return first;
    }

    private static float[] numbers(Format format, MemorySegment bytes, int count) {
        float[] numbers = new float[count];
        format.unpack(bytes, 0, count, numbers, 0);
        return numbers;
    }

    private static MemorySegment bytes(String hex) {
        return MemorySegment.ofArray(HexFormat.of().parseHex(hex));
    }
}
