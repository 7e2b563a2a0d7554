package dev.fovea.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Rounds rows of numbers to Q8_0 or Q4_0, to the bit as ggml's reference does.
public final class Quantizer {
    private Quantizer() {}

    /// Whether [#quantize] knows the format.
    public static boolean serves(Format format) {
        return format == Format.Q8_0 || format == Format.Q4_0;
    }

    /// Writes `count` numbers, a multiple of the block, as whole blocks of `format`.
    ///
    /// @param x  `[count]` from `at`
    /// @param to `[format.bytes(count)]` from `toAt`
    public static void quantize(float[] x, int at, int count, Format format, byte[] to, int toAt) {
        if (!serves(format)) {
            throw new IllegalArgumentException("quantize: expected Q8_0 or Q4_0, found " + format);
        }
        int length = (int) format.bytes(count);
        ByteBuffer blocks = ByteBuffer.wrap(to, toAt, length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = at; i < at + count; i += format.block()) {
            if (format == Format.Q8_0) {
                eightBits(x, i, blocks);
            } else {
                fourBits(x, i, blocks);
            }
        }
    }

    /// The largest magnitude becomes 127; halves round away from zero.
    private static void eightBits(float[] x, int at, ByteBuffer to) {
        float most = 0;
        for (int i = at; i < at + 32; i++) {
            most = Math.max(most, Math.abs(x[i]));
        }
        float scale = most / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        to.putShort(Float.floatToFloat16(scale));
        for (int i = at; i < at + 32; i++) {
            to.put((byte) awayFromZero(x[i] * inverse));
        }
    }

    private static int awayFromZero(float v) {
        int whole = (int) Math.abs(v);
        int rounded = whole + (int) (2 * (Math.abs(v) - whole));
        return v < 0 ? -rounded : rounded;
    }

    /// The number of the largest magnitude, the first of equals, becomes −8; the others move up by a half and are cut.
    private static void fourBits(float[] x, int at, ByteBuffer to) {
        float most = 0;
        for (int i = at; i < at + 32; i++) {
            if (Math.abs(x[i]) > Math.abs(most)) {
                most = x[i];
            }
        }
        float scale = most / -8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        to.putShort(Float.floatToFloat16(scale));
        for (int i = at; i < at + 16; i++) {
            to.put((byte) (nibble(x[i], inverse) | nibble(x[i + 16], inverse) << 4));
        }
    }

    /// The reference contracts product and sum to one rounding.
    private static int nibble(float v, float inverse) {
        return Math.clamp((int) Math.fma(v, inverse, 8.5f), 0, 15);
    }
}
