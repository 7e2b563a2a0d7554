package dev.fovea.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/// Files of weights, mapped as a checkpoint's are.
final class StreamFiles {
    private StreamFiles() {}

    /// Zeros of a file that is deleted as soon as it is mapped.
    static MemorySegment mappedNew(long bytes, Arena arena) {
        try {
            Path file = Files.createTempFile("fovea", ".interleaved");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Any two of these bytes are a number between 0.4 and 2.2 in magnitude, read as f16, or as the upper half
    /// of an f32 or bf16 one.
    static MemorySegment mapped(Path file, long size, Arena arena) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);
            Random random = new Random(2);
            for (long i = 0; i < size; i += 2) {
                int bits = random.nextInt(1 << 16);
                bytes.set(ValueLayout.JAVA_SHORT, i, (short) (0x3f00 | (bits & 0x80bf)));
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
