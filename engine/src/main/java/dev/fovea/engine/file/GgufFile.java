package dev.fovea.engine.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// A GGUF file of version 2 or 3: its header checked, its tensors mapped read-only.
///
/// Tensors look as those of a [SafetensorsFile]: outermost dimension first, their type as `dtype`. The file must not
/// change while it is mapped.
public final class GgufFile {
    private final Path file;
    private final GgufMetadata metadata;
    private final GgufHeader header;
    private final MemorySegment bytes;
    private final Map<String, TensorEntry> tensors;

    private GgufFile(Path file, GgufHeader header, MemorySegment bytes, Map<String, TensorEntry> tensors) {
        this.file = file;
        this.header = header;
        this.metadata = new GgufMetadata(file, header.values());
        this.bytes = bytes;
        this.tensors = tensors;
    }

    /// Whether `file` begins as a GGUF file does.
    public static boolean isGguf(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (var in = Files.newInputStream(file)) {
            byte[] magic = in.readNBytes(4);
            return magic.length == 4 && magic[0] == 'G' && magic[1] == 'G' && magic[2] == 'U' && magic[3] == 'F';
        } catch (IOException e) {
            throw new ModelFormatException(file, "a readable file", String.valueOf(e.getMessage()), e);
        }
    }

    /// Checks `file` and maps it until `arena` closes. Nothing stays mapped when the check fails.
    public static GgufFile open(Path file, Arena arena) {
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(
                    file, "a GGUF file", Files.exists(file) ? "no regular file" : "nothing of that name");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            GgufHeader header;
            try (Arena check = Arena.ofConfined()) {
                header = GgufHeader.parse(channel.map(FileChannel.MapMode.READ_ONLY, 0, size, check), file);
            }
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            Map<String, TensorEntry> tensors = new TreeMap<>();
            for (GgufHeader.Place place : header.places()) {
                MemorySegment slice = bytes.asSlice(place.begin(), place.end() - place.begin());
                String dtype = place.type().name();
                tensors.put(place.name(), new TensorEntry(place.name(), dtype, place.shape(), slice, file));
            }
            return new GgufFile(file, header, bytes, Collections.unmodifiableMap(tensors));
        } catch (IOException e) {
            throw new ModelFormatException(file, "a readable file", String.valueOf(e.getMessage()), e);
        }
    }

    public Path file() {
        return file;
    }

    /// 2 or 3.
    public int version() {
        return header.version();
    }

    public GgufMetadata metadata() {
        return metadata;
    }

    /// Type and value of a key as they stand in the file.
    byte[] rawValue(String key) {
        long[] span = header.spans().get(key);
        if (span == null) {
            throw new IllegalArgumentException(file + " has no key " + key);
        }
        return bytes.asSlice(span[0], span[1] - span[0]).toArray(ValueLayout.JAVA_BYTE);
    }

    /// Every tensor of the file by name, sorted.
    public Map<String, TensorEntry> tensors() {
        return tensors;
    }
}
