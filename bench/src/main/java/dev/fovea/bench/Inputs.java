package dev.fovea.bench;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;

/// What kernels are fed with: seeded numbers, and memory as a checkpoint's.
final class Inputs {
    private Inputs() {}

    /// The numbers in a text, such as the sizes in `577x1024x1024`.
    static int[] numbers(String text) {
        return Arrays.stream(text.split("\\D+"))
                .filter(part -> !part.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /// Zeros of a file that is deleted as soon as it is mapped.
    static MemorySegment mapped(long bytes, Arena arena) {
        try {
            Path file = Files.createTempFile("fovea", ".weights");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Fills memory with weights of any format: two bytes are a number between 0.4 and 2.2 in magnitude, read as f16,
    /// or as the upper half of an f32 or bf16 one.
    static MemorySegment filled(MemorySegment bytes) {
        Random random = new Random(2);
        for (long i = 0; i < bytes.byteSize(); i += 2) {
            int bits = random.nextInt(1 << 16);
            bytes.set(ValueLayout.JAVA_SHORT, i, (short) (0x3f00 | (bits & 0x80bf)));
        }
        return bytes;
    }

    /// Standard normal numbers, `[rows, cols]`.
    static Tensor normal(int rows, int cols) {
        Random random = new Random(1);
        Tensor x = Tensor.zeros(rows, cols);
        for (int i = 0; i < x.data().length; i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        return x;
    }

    /// Normal numbers in steps of 1/32, below 4 in magnitude: f16 and bf16 hold them exactly. `[rows, cols]`.
    static Tensor steps(int rows, int cols, long seed) {
        Random random = new Random(seed);
        Tensor x = Tensor.zeros(rows, cols);
        for (int i = 0; i < x.data().length; i++) {
            x.data()[i] = Math.clamp(Math.round(32 * random.nextGaussian()), -127, 127) / 32f;
        }
        return x;
    }

    /// Queries that bf16 holds exactly when they are divided by `√headDim`, `[rows, heads * headDim]`.
    static Tensor queries(int rows, int heads, int headDim) {
        Tensor q = steps(rows, heads * headDim, 3);
        for (int i = 0; i < q.data().length; i++) {
            q.data()[i] = (float) (q.data()[i] / 8 * Math.sqrt(headDim));
        }
        return q;
    }

    /// Keys and values of [#steps].
    static KeyValues keyValues(Format format, int rows, int heads, int headDim, Arena arena) {
        int cols = heads * headDim;
        MemorySegment keys = stored(steps(rows, cols, 4), format, arena);
        MemorySegment values = stored(steps(rows, cols, 5), format, arena);
        return new KeyValues(keys, values, format, rows, heads, headDim, cols);
    }

    private static MemorySegment stored(Tensor x, Format format, Arena arena) {
        MemorySegment bytes = arena.allocate(format.bytes(x.data().length), 64);
        for (int i = 0; i < x.data().length; i++) {
            if (format == Format.F32) {
                bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, x.data()[i]);
            } else {
                bytes.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(x.data()[i]));
            }
        }
        return bytes;
    }
}
