package dev.fovea.engine.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// A safetensors file: its header checked, its tensors mapped read-only.
///
/// ```
/// 0        8                        8 + n                                   end
/// ┌────────┬────────────────────────┬────────────────────────────────────────┐
/// │ n, u64 │ {"name":{…}, …} spaces │ tensor bytes, back to back, no holes   │
/// └────────┴────────────────────────┴────────────────────────────────────────┘
/// ```
///
/// The file must not change while it is mapped.
public final class SafetensorsFile {
    /// The limit of the format's reference implementation.
    static final long MAX_HEADER_BYTES = 100_000_000;

    private static final int LENGTH_BYTES = 8;

    private final Path file;
    private final Map<String, String> metadata;
    private final Map<String, TensorEntry> tensors;

    private SafetensorsFile(Path file, Map<String, String> metadata, Map<String, TensorEntry> tensors) {
        this.file = file;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /// Checks `file` and maps it until `arena` closes. Nothing stays mapped when the check fails.
    public static SafetensorsFile open(Path file, Arena arena) {
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(
                    file, "a safetensors file", Files.exists(file) ? "no regular file" : "nothing of that name");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            byte[] json = headerJson(channel, size, file);
            long begin = LENGTH_BYTES + (long) json.length;
            SafetensorsHeader header = SafetensorsHeader.parse(json, begin, size, file);
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            Map<String, TensorEntry> tensors = new TreeMap<>();
            for (SafetensorsHeader.Place place : header.places()) {
                MemorySegment slice = bytes.asSlice(begin + place.begin(), place.end() - place.begin());
                tensors.put(place.name(), new TensorEntry(place.name(), place.dtype(), place.shape(), slice, file));
            }
            return new SafetensorsFile(file, header.metadata(), Collections.unmodifiableMap(tensors));
        } catch (IOException e) {
            throw new ModelFormatException(file, "a readable file", String.valueOf(e.getMessage()), e);
        }
    }

    public Path file() {
        return file;
    }

    /// The header's free-form strings, mostly `format: pt`.
    public Map<String, String> metadata() {
        return metadata;
    }

    /// Every tensor of the file by name, sorted.
    public Map<String, TensorEntry> tensors() {
        return tensors;
    }

    private static byte[] headerJson(FileChannel channel, long size, Path file) throws IOException {
        if (size < LENGTH_BYTES) {
            throw new ModelFormatException(file, "a header length of 8 bytes", "a file of " + size + " bytes");
        }
        long length = ByteBuffer.wrap(bytes(channel, 0, LENGTH_BYTES, file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        long max = Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES);
        if (length < 0 || length > max) {
            throw new ModelFormatException(
                    file, 0, "a header of at most " + max + " bytes", Long.toUnsignedString(length) + " bytes");
        }
        return bytes(channel, LENGTH_BYTES, (int) length, file);
    }

    private static byte[] bytes(FileChannel channel, long at, int count, Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new ModelFormatException(
                        file, at, count + " bytes", "the end of the file after " + buffer.position());
            }
        }
        return buffer.array();
    }
}
