package dev.fovea.engine.family;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Quantizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// Random weights of any shape in native memory, for measuring: speed does not depend on their values.
///
/// Values are uniform with the variance `1 / cols`, so that activations stay in range; one random block is repeated,
/// which keeps making 14 GB of them a matter of seconds. Those of a tower, which are kept packed, lie in a file that
/// has
/// no name, as a checkpoint's do: once packed they leave memory.
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
        long size = held.bytes((long) rows * cols);
        MemorySegment bytes = role.part() == Role.Part.VISION ? mapped(size) : matrices.allocate(size);
        for (long at = 0; at < bytes.byteSize(); at += block.byteSize()) {
            MemorySegment.copy(block, 0, bytes, at, Math.min(block.byteSize(), size - at));
        }
        return new Matrix(bytes.asReadOnly(), held, rows, cols);
    }

    private MemorySegment mapped(long size) {
        try {
            Path file = Files.createTempFile("fovea", ".weights");
            try (FileChannel channel = FileChannel.open(file, READ, WRITE)) {
                return channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("random weights: cannot make a temporary file of " + size + " bytes", e);
        }
    }

    @Override
    public void release(Matrix matrix) {
        if (!matrices.release(matrix.bytes())) {
            WeightSource.super.release(matrix);
        }
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
