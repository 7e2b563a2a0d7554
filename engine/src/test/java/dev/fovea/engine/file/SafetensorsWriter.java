package dev.fovea.engine.file;

import dev.fovea.kernel.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// Writes small safetensors files: tensors in the order they were added, the header padded to a multiple of 8 bytes.
public final class SafetensorsWriter {
    private final Map<String, Object> header = new LinkedHashMap<>();
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();

    /// Sets the header's free-form strings.
    public SafetensorsWriter metadata(Map<String, String> metadata) {
        header.put("__metadata__", metadata);
        return this;
    }

    /// Adds a tensor of the given bytes.
    public SafetensorsWriter add(String name, String dtype, long[] shape, byte[] bytes) {
        int begin = payload.size();
        payload.writeBytes(bytes);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("dtype", dtype);
        entry.put("shape", shape);
        entry.put("data_offsets", new long[] {begin, payload.size()});
        header.put(name, entry);
        return this;
    }

    /// Adds a tensor of numbers, rounded to `format`.
    public SafetensorsWriter add(String name, Format format, long[] shape, float... values) {
        ByteBuffer bytes =
                ByteBuffer.allocate((int) format.bytes(values.length)).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (format) {
                case F32 -> bytes.putFloat(value);
                case F16 -> bytes.putShort(Float.floatToFloat16(value));
                case BF16 -> bytes.putShort(bfloat16(value));
                default -> throw new IllegalArgumentException("no format of safetensors: " + format);
            }
        }
        return add(name, format.name(), shape, bytes.array());
    }

    /// The file's bytes.
    public byte[] bytes() {
        byte[] json = JsonMapper.shared().writeValueAsBytes(header);
        byte[] padded = Arrays.copyOf(json, (json.length + 7) & ~7);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return raw(new String(padded, StandardCharsets.UTF_8), payload.toByteArray());
    }

    /// Writes the file and returns its path.
    public Path write(Path file) {
        return write(file, bytes());
    }

    /// A file of any header text and any tensor bytes, lies included.
    static byte[] raw(String header, byte[] payload) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(payload)
                .array();
    }

    static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Rounds to the nearest bfloat16, ties to even; finite values only.
    private static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }
}
