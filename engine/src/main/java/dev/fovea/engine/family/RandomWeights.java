package dev.fovea.engine.family;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Quantizer;
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

    private final Format format; // of all matrices, or, in blocks, of the language model's
    private final Arena arena;
    private final Copies matrices;
    private final SplittableRandom random;
    private final Map<Place, MemorySegment> blocks = new HashMap<>();

    /// What decides how a matrix is filled.
    private record Place(Format format, int cols) {}

    RandomWeights(Format format, Arena arena, long seed) {
        if (format != Format.F32 && format != Format.BF16 && !Quantizer.serves(format)) {
            throw new IllegalArgumentException("random weights: expected F32, BF16, Q8_0 or Q4_0, found " + format);
        }
        this.format = format;
        this.arena = arena;
        this.matrices = new Copies(arena);
        this.random = new SplittableRandom(seed);
    }

    @Override
    public boolean has(Role role, int layer) {
        return true;
    }

    @Override
    public Matrix matrix(Role role, int layer, int rows, int cols) {
        Format held = format.block() == 1 ? format : QuantizedWeights.target(role, format, false, Format.BF16, cols);
        MemorySegment block = blocks.computeIfAbsent(new Place(held, cols), this::block);
        MemorySegment bytes = matrices.allocate(held.bytes((long) rows * cols));
        for (long at = 0; at < bytes.byteSize(); at += block.byteSize()) {
            long size = Math.min(block.byteSize(), bytes.byteSize() - at);
            MemorySegment.copy(block, 0, bytes, at, size);
        }
        return new Matrix(bytes.asReadOnly(), held, rows, cols);
    }

    @Override
    public void release(Matrix matrix) {
        matrices.release(matrix.bytes());
    }

    private MemorySegment block(Place place) {
        MemorySegment block = arena.allocate(place.format.bytes(BLOCK), 64);
        double bound = Math.sqrt(3.0 / place.cols);
        if (place.format.block() > 1) {
            fillBlocks(place.format, block, bound);
            return block;
        }
        for (int i = 0; i < BLOCK; i++) {
            float value = (float) random.nextDouble(-bound, bound);
            if (place.format == Format.F32) {
                block.set(ValueLayout.JAVA_FLOAT, 4L * i, value);
            } else {
                block.set(ValueLayout.JAVA_SHORT, 2L * i, (short) (Float.floatToIntBits(value) >> 16));
            }
        }
        return block;
    }

    private void fillBlocks(Format blocks, MemorySegment to, double bound) {
        float[] numbers = new float[blocks.block()];
        byte[] bytes = new byte[blocks.blockBytes()];
        for (long at = 0; at < to.byteSize(); at += bytes.length) {
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) random.nextDouble(-bound, bound);
            }
            Quantizer.quantize(numbers, 0, numbers.length, blocks, bytes, 0);
            MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, at, bytes.length);
        }
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
