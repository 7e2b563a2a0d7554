package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.SPAN;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_OUTPUTS;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.emitted.CacheRoutines.CacheRows;
import dev.fovea.kernel.emitted.CacheRoutines.PerHead;
import dev.fovea.kernel.emitted.Routines.Strip;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/// Runs every routine once on small inputs and compares each bit with its definition. Takes some milliseconds.
final class RoutineCheck {
    private static final int SPANS = 2;

    private RoutineCheck() {}

    /// @throws UnsupportedOperationException if the two differ
    static void run(Routines machine) {
        Routines plain = new PlainRoutines();
        try (Arena arena = Arena.ofConfined()) {
            for (Format format : new Format[] {Format.Q8_0, Format.Q4_0}) {
                require(format, computed(machine, format, arena).mismatch(computed(plain, format, arena)));
            }
        }
    }

    /// @throws UnsupportedOperationException if the two differ
    static void run(CacheRoutines machine) {
        CacheRoutines plain = new PlainCacheRoutines();
        for (Format format : new Format[] {Format.F16, Format.F32}) {
            for (int rows : new int[] {1, 2 * MachineCacheRoutines.GROUP}) {
                for (int queries : new int[] {1, 3, 4}) {
                    float[] found = computed(machine, format, rows, queries);
                    require(format, Arrays.mismatch(found, computed(plain, format, rows, queries)));
                }
            }
        }
    }

    /// Scores of two heads of three vectors, then sums of values weighted by them.
    private static float[] computed(CacheRoutines routines, Format format, int rows, int queries) {
        int cols = 2 * 3 * CacheRoutines.LANES;
        Random random = new Random(2);
        byte[] cache = new byte[Math.toIntExact(format.bytes((long) rows * cols))];
        MemorySegment bytes = MemorySegment.ofArray(cache);
        for (int i = 0; i < rows * cols; i++) {
            float value = (float) random.nextGaussian();
            if (format == Format.F16) {
                bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, Float.floatToFloat16(value));
            } else {
                bytes.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, value);
            }
        }
        float[] q = new float[queries * cols];
        for (int i = 0; i < q.length; i++) {
            q[i] = (float) random.nextGaussian();
        }
        CacheRows rowsOf = new CacheRows(bytes, format, rows, format.bytes(cols), 2, queries, 3, 0L);
        int scoreCount = 2 * queries * rows;
        float[] all = new float[scoreCount + q.length];
        PerHead scores = new PerHead(MemorySegment.ofArray(all).asSlice(0, 4L * scoreCount), 4L * rows);
        routines.scores(rowsOf, new PerHead(MemorySegment.ofArray(q), 2L * cols), scores);
        routines.add(rowsOf, scores, new PerHead(MemorySegment.ofArray(all).asSlice(4L * scoreCount), 2L * cols));
        return all;
    }

    /// Sums and differences of small integers, which bf16 holds exactly.
    ///
    /// @throws UnsupportedOperationException if the results are not exact
    static void run(Bf16Routines machine) {
        int pairs = 3;
        Random random = new Random(3);
        float[] keys = integers(random, Bf16Routines.TILE_ROWS * 2 * Bf16Routines.LANES);
        float[] queries = integers(random, 2 * pairs * Bf16Routines.WIDTH);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate((long) Bf16Routines.TILE_ROWS * Bf16Routines.KEY_BYTES, 64);
            MemorySegment b = arena.allocate(4L * pairs * Bf16Routines.WIDTH, 64);
            MemorySegment c = arena.allocate(4L * Bf16Routines.TILE_ROWS * Bf16Routines.WIDTH, 64);
            long row = 8L * Bf16Routines.LANES;
            MemorySegment k = MemorySegment.ofArray(keys);
            machine.halves(Format.F32, k, row, Bf16Routines.TILE_ROWS, 2, a, Bf16Routines.KEY_BYTES);
            long panel = 4L * Bf16Routines.WIDTH;
            machine.pairs(Format.F32, MemorySegment.ofArray(queries), panel, 2 * pairs, 2, b, panel);
            machine.scores(a, b, c, pairs, 1);
            for (int i = 0; i < Bf16Routines.TILE_ROWS * Bf16Routines.WIDTH; i++) {
                float expected = 0;
                for (int d = 0; d < 2 * pairs; d++) {
                    float key = keys[i / Bf16Routines.WIDTH * 2 * Bf16Routines.LANES + d];
                    expected += key * queries[d * Bf16Routines.WIDTH + i % Bf16Routines.WIDTH];
                }
                if (c.getAtIndex(ValueLayout.JAVA_FLOAT, i) != expected) {
                    throw new UnsupportedOperationException("machine code for bf16 gives wrong numbers here");
                }
            }
        }
    }

    private static float[] integers(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextInt(-100, 100);
        }
        return numbers;
    }

    private static void require(Format format, long mismatch) {
        if (mismatch >= 0) {
            throw new UnsupportedOperationException("machine code for " + format + " gives wrong numbers here");
        }
    }

    /// Everything that the routines of one format write, one after the other.
    private static MemorySegment computed(Routines routines, Format format, Arena arena) {
        Random random = new Random(1);
        int floats = SPAN * (TILE_ROWS * SPANS);
        MemorySegment x = arena.allocate(4L * floats, 64);
        for (int i = 0; i < floats; i++) {
            x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        MemorySegment w = weights(format, random, arena);
        long stride = (long) TILE_ROWS * SPAN_BYTES;
        long stripBytes = (long) SPANS * BLOCKS * STRIP_BLOCK_BYTES;
        long stripAt = SPANS * stride;
        long sumsAt = stripAt + stripBytes;
        long yAt = sumsAt + 4L * TILE_ROWS * TILE_OUTPUTS;
        MemorySegment all = arena.allocate(yAt + 128, 64);
        routines.quantise(new Rows(x, 4L * SPAN * SPANS), TILE_ROWS, SPANS, all, stride);
        MemorySegment strip = all.asSlice(stripAt, stripBytes);
        long groupBytes = w.byteSize() / 2;
        routines.unpack(format, w, SPANS, strip, 0);
        routines.unpack(format, w.asSlice(groupBytes), SPANS, strip, 1);
        Rows y = new Rows(all.asSlice(sumsAt), 4L * TILE_OUTPUTS);
        MemorySegment bias = x.asSlice(0, 4L * TILE_OUTPUTS);
        Rows a = new Rows(all, SPANS * stride);
        routines.tiles(new Strip(format, strip, 1, true), a, 1, bias, y);
        Strip rest = new Strip(format, strip.asSlice(stripBytes / SPANS), SPANS - 1, false);
        routines.tiles(rest, new Rows(all.asSlice(stride), SPANS * stride), 1, bias, y);
        routines.oneRow(format, all, stride, w, SPANS, 2, all.asSlice(yAt));
        return all;
    }

    /// Two groups: random bytes, moderate scales.
    private static MemorySegment weights(Format format, Random random, Arena arena) {
        byte[] bytes = new byte[2 * SPANS * Interleaved.tileBytes(format)];
        random.nextBytes(bytes);
        MemorySegment w = arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
        for (int tile = 0; tile < 2 * SPANS; tile++) {
            for (int i = 0; i < BLOCKS * Interleaved.ROWS; i++) {
                short scale = Float.floatToFloat16(0.01f + random.nextFloat());
                w.set(ValueLayout.JAVA_SHORT, (long) tile * Interleaved.tileBytes(format) + 2L * i, scale);
            }
        }
        return w;
    }
}
