package dev.fovea.engine.family;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// Random weights of any shape in native memory, for measuring: speed does not depend on their values.
///
/// Values are uniform with the variance `1 / cols`, so that activations stay in range; one random block is repeated,
/// which keeps making 14 GB of them a matter of seconds.
final class RandomWeights implements WeightSource {
    private static final int BLOCK = 1 << 20;

    private final Format format;
    private final Arena arena;
    private final SplittableRandom random;
    private final Map<Integer, MemorySegment> blocks = new HashMap<>(); // by cols

    RandomWeights(Format format, Arena arena, long seed) {
        if (format == Format.F16) {
            throw new IllegalArgumentException("random weights: expected F32 or BF16, found " + format);
        }
        this.format = format;
        this.arena = arena;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public boolean has(Role role, int layer) {
        return true;
    }

    @Override
    public Matrix matrix(Role role, int layer, int rows, int cols) {
        MemorySegment block = blocks.computeIfAbsent(cols, this::block);
        MemorySegment bytes = arena.allocate(format.bytes((long) rows * cols), 64);
        for (long at = 0; at < bytes.byteSize(); at += block.byteSize()) {
            long size = Math.min(block.byteSize(), bytes.byteSize() - at);
            MemorySegment.copy(block, 0, bytes, at, size);
        }
        return new Matrix(bytes.asReadOnly(), format, rows, cols);
    }

    private MemorySegment block(int cols) {
        MemorySegment block = arena.allocate(format.bytes(BLOCK), 64);
        double bound = Math.sqrt(3.0 / cols);
        for (int i = 0; i < BLOCK; i++) {
            float value = (float) random.nextDouble(-bound, bound);
            if (format == Format.F32) {
                block.set(ValueLayout.JAVA_FLOAT, 4L * i, value);
            } else {
                block.set(ValueLayout.JAVA_SHORT, 2L * i, (short) (Float.floatToIntBits(value) >> 16));
            }
        }
        return block;
    }

    /// Norm weights of one and everything else small.
    @Override
    public float[] vector(Role role, int layer, int size) {
        float[] vector = new float[size];
        boolean norm = role.name().endsWith("NORM")
                || role.name().endsWith("NORM_WEIGHT")
                || role == Role.VISION_NORM1_WEIGHT
                || role == Role.VISION_NORM2_WEIGHT;
        for (int i = 0; i < size; i++) {
            vector[i] = norm ? 1 : (float) random.nextDouble(-0.02, 0.02);
        }
        return vector;
    }
}
