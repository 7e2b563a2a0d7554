package dev.fovea.engine.text;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;

/// The rotary table of a decoder, grown to the longest position that was asked for.
///
/// Angles are products of two floats, as the reference computes them: at position 3000 the rounding of a product is
/// visible in the cosine. The table itself may be rounded to the format in which the reference keeps it.
final class Rotary {
    private final float[] inverseFrequency; // [headDim / 2]
    private final Format format;
    private RotaryTable table;

    Rotary(DecoderConfig config, Format format) {
        this.format = format;
        int half = config.headDim() / 2;
        inverseFrequency = new float[half];
        for (int i = 0; i < half; i++) {
            float exponent = (float) (2 * i) / config.headDim();
            inverseFrequency[i] = 1f / (float) Math.pow(config.ropeTheta(), exponent);
        }
        table = build(0);
    }

    /// A table with at least `positions` rows.
    RotaryTable upTo(int positions) {
        if (table.cos().rows() < positions) {
            table = build(Math.max(positions, 2 * table.cos().rows()));
        }
        return table;
    }

    private RotaryTable build(int positions) {
        int half = inverseFrequency.length;
        Tensor cos = Tensor.zeros(positions, half);
        Tensor sin = Tensor.zeros(positions, half);
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < half; i++) {
                float angle = position * inverseFrequency[i];
                cos.data()[position * half + i] = rounded((float) Math.cos(angle));
                sin.data()[position * half + i] = rounded((float) Math.sin(angle));
            }
        }
        return new RotaryTable(cos, sin);
    }

    private float rounded(float value) {
        return switch (format) {
            case F32 -> value;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> { // to nearest, ties to even; |value| <= 1, so nothing overflows
                int bits = Float.floatToRawIntBits(value);
                yield Float.intBitsToFloat((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000);
            }
            default -> throw new IllegalStateException("a rotary table in " + format);
        };
    }
}
