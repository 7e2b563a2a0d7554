package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.SPAN;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_OUTPUTS;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/// Runs every routine once on small inputs and compares each bit with its definition. Takes some milliseconds.
final class SelfCheck {
    private static final int SPANS = 2;

    private SelfCheck() {}

    /// @throws UnsupportedOperationException if the two differ
    static void run(Routines machine) {
        Routines plain = new PlainRoutines();
        try (Arena arena = Arena.ofConfined()) {
            for (Format format : new Format[] {Format.Q8_0, Format.Q4_0}) {
                require(format, computed(machine, format, arena).mismatch(computed(plain, format, arena)));
            }
        }
    }

    private static void require(Format format, long mismatch) {
        if (mismatch >= 0) {
            throw new UnsupportedOperationException("machine code for " + format + " gives wrong numbers here");
        }
    }

    /// Everything that the routines of one format write, one after the other.
    private static MemorySegment computed(Routines routines, Format format, Arena arena) {
        Random random = new Random(1);
        MemorySegment x = arena.allocate(4L * SPAN * SPANS, 64);
        for (int i = 0; i < SPAN * SPANS; i++) {
            x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        MemorySegment w = weights(format, random, arena);
        long stride = (long) TILE_ROWS * SPAN_BYTES;
        long stripBytes = (long) SPANS * BLOCKS * STRIP_BLOCK_BYTES;
        long stripAt = SPANS * stride;
        long sumsAt = stripAt + stripBytes;
        long yAt = sumsAt + 4L * TILE_ROWS * TILE_OUTPUTS;
        MemorySegment all = arena.allocate(yAt + 128, 64);
        for (int row = 0; row < TILE_ROWS; row++) {
            long bytes = (SPANS - 1) * stride + SPAN_BYTES;
            routines.quantise(x, SPANS, all.asSlice((long) row * SPAN_BYTES, bytes), stride);
        }
        MemorySegment strip = all.asSlice(stripAt, stripBytes);
        long groupBytes = w.byteSize() / 2;
        routines.unpack(format, w, SPANS, strip, 0);
        routines.unpack(format, w.asSlice(groupBytes), SPANS, strip, 1);
        routines.tiles(all, stride, strip, SPANS, 1, all.asSlice(sumsAt));
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
