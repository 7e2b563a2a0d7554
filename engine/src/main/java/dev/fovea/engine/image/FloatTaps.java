package dev.fovea.engine.image;

/// The weights of one pass in float arithmetic.
///
/// @param weights `[outputs, taps]`
record FloatTaps(int[] first, int[] count, float[] weights, int taps) {
    static FloatTaps of(int inputs, int outputs) {
        float scale = (float) inputs / outputs;
        float radius = Math.max(scale, 1f);
        float shrink = scale >= 1 ? 1f / scale : 1f;
        int taps = (int) Math.ceil(radius) * 2 + 1;
        int[] first = new int[outputs];
        int[] count = new int[outputs];
        float[] weights = new float[outputs * taps];
        for (int i = 0; i < outputs; i++) {
            float center = scale * (i + 0.5f);
            first[i] = Math.max((int) (center - radius + 0.5f), 0);
            count[i] = Math.min((int) (center + radius + 0.5f), inputs) - first[i];
            float sum = 0;
            for (int j = 0; j < count[i]; j++) {
                float x = Math.abs((j + first[i] - center + 0.5f) * shrink);
                weights[i * taps + j] = x < 1 ? 1 - x : 0;
                sum += weights[i * taps + j];
            }
            for (int j = 0; j < count[i]; j++) {
                weights[i * taps + j] /= sum;
            }
        }
        return new FloatTaps(first, count, weights, taps);
    }

    void alongRows(float[] in, int offset, int rows, int stride, float[] out) {
        for (int y = 0, to = 0; y < rows; y++) {
            for (int i = 0; i < first.length; i++, to++) {
                int at = offset + y * stride + first[i];
                float sum = in[at] * weights[i * taps];
                for (int j = 1; j < count[i]; j++) {
                    sum += in[at + j] * weights[i * taps + j];
                }
                out[to] = sum;
            }
        }
    }

    void alongColumns(float[] in, int stride, float[] out, int offset) {
        for (int i = 0; i < first.length; i++) {
            int to = offset + i * stride;
            for (int j = 0; j < count[i]; j++) {
                float weight = weights[i * taps + j];
                int at = (first[i] + j) * stride;
                for (int x = 0; x < stride; x++) {
                    out[to + x] += in[at + x] * weight;
                }
            }
        }
    }
}
