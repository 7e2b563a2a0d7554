package dev.fovea.kernel.emitted;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The definition in plain Java, written to be read; the machine code gives the same bits.
final class PlainCacheRoutines implements CacheRoutines {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public void scores(CacheRows keys, PerHead q, PerHead scores) {
        for (int head = 0; head < keys.heads() * keys.queries(); head++) {
            for (int row = 0; row < keys.rows(); row++) {
                float[] x = new float[LANES];
                for (int i = 0; i < keys.vectors() * LANES; i++) {
                    float query = q.floats().get(FLOAT, head * q.step() + 4L * i);
                    x[i % LANES] = Math.fma(number(keys, row, head / keys.queries(), i), query, x[i % LANES]);
                }
                float[] r = new float[4];
                for (int b = 0; b < 4; b++) {
                    r[b] = (x[4 * b] + x[4 * b + 2]) + (x[4 * b + 1] + x[4 * b + 3]);
                }
                scores.floats().set(FLOAT, head * scores.step() + 4L * row, (r[0] + r[2]) + (r[1] + r[3]));
            }
        }
    }

    @Override
    public void add(CacheRows values, PerHead weights, PerHead y) {
        for (int head = 0; head < values.heads() * values.queries(); head++) {
            for (int i = 0; i < values.vectors() * LANES; i++) {
                long at = head * y.step() + 4L * i;
                float sum = y.floats().get(FLOAT, at);
                for (int row = 0; row < values.rows(); row++) {
                    float weight = weights.floats().get(FLOAT, head * weights.step() + 4L * row);
                    sum = Math.fma(number(values, row, head / values.queries(), i), weight, sum);
                }
                y.floats().set(FLOAT, at, sum);
            }
        }
    }

    private static float number(CacheRows cache, int row, int head, int i) {
        long first = cache.format().bytes(head * (long) cache.vectors() * LANES + i) + row * cache.stride();
        return cache.format().read(cache.bytes().asSlice(first), 0);
    }
}
