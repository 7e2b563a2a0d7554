package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QuantizerTest {
    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0"})
    void everyNumberIsWithinHalfAStepOfItsOwn(Format format) {
        float[] x = new Samples(20).array(3200);
        byte[] bytes = new byte[(int) format.bytes(3200) + 5];
        Quantizer.quantize(x, 0, 3200, format, bytes, 5);
        float[] back = new float[3200];
        format.unpack(MemorySegment.ofArray(bytes).asSlice(5), 0, 3200, back, 0);
        for (int block = 0; block < 3200; block += 32) {
            float most = 0;
            for (int i = block; i < block + 32; i++) {
                most = Math.max(most, Math.abs(x[i]));
            }
            // Four bits reach from -8 to 7: at the far end half a step more is cut off. The scale rounds to binary16.
            double step = format == Format.Q8_0 ? most / 127 : most / 8;
            double bound = (format == Format.Q8_0 ? 0.5 : 1) * step + 1.01 * most * 0x1p-11;
            for (int i = block; i < block + 32; i++) {
                assertThat((double) Math.abs(back[i] - x[i]))
                        .as("%s %d", format, i)
                        .isLessThanOrEqualTo(bound);
            }
        }
    }

    @Test
    void whatIsInBlocksAlreadyComesBack() {
        float[] x = new float[64];
        for (int i = 0; i < 64; i++) {
            x[i] = (i < 32 ? 0.5f : -2f) * (i % 16 - 8);
        }
        byte[] bytes = new byte[36];
        Quantizer.quantize(x, 0, 64, Format.Q4_0, bytes, 0);
        float[] back = new float[64];
        Format.Q4_0.unpack(MemorySegment.ofArray(bytes), 0, 64, back, 0);
        assertThat(back).containsExactly(x);
    }

    /// d = 1: 127 sets the scale, halves round away from zero.
    @Test
    void halvesRoundAwayFromZero() {
        float[] x = new float[32];
        x[0] = 127;
        x[1] = 2.5f;
        x[2] = -2.5f;
        x[3] = 0.49999997f;
        x[4] = -3.4f;
        byte[] bytes = new byte[34];
        Quantizer.quantize(x, 0, 32, Format.Q8_0, bytes, 0);
        assertThat(bytes).startsWith(0, 0x3c, 127, 3, -3, 0, -3, 0);
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0"})
    void zerosStayZero(Format format) {
        byte[] bytes = new byte[(int) format.bytes(32)];
        Quantizer.quantize(new float[32], 0, 32, format, bytes, 0);
        float[] back = new Samples(21).array(32);
        format.unpack(MemorySegment.ofArray(bytes), 0, 32, back, 0);
        for (float number : back) {
            assertThat(number == 0).isTrue(); // of either sign
        }
    }

    @Test
    void onlyTwoFormatsAreWritten() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Quantizer.quantize(new float[256], 0, 256, Format.Q4_K, new byte[144], 0))
                .withMessage("quantize: expected Q8_0 or Q4_0, found Q4_K");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Quantizer.quantize(new float[40], 0, 40, Format.Q8_0, new byte[68], 0));
    }
}
