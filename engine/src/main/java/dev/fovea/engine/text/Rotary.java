package dev.fovea.engine.text;

import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;

/// The rotary table of a decoder, grown to the longest position that was asked for.
///
/// Angles are products of two floats, as the reference computes them: at position 3000 the rounding of a product is
/// visible in the cosine.
final class Rotary {
    private final float[] inverseFrequency; // [headDim / 2]
    private RotaryTable table;

    Rotary(DecoderConfig config) {
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
                cos.data()[position * half + i] = (float) Math.cos(angle);
                sin.data()[position * half + i] = (float) Math.sin(angle);
            }
        }
        return new RotaryTable(cos, sin);
    }
}
