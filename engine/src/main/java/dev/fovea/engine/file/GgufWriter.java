package dev.fovea.engine.file;

import dev.fovea.kernel.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Puts a GGUF file of version 3 together: keys and tensors in the order in which they are added, tensor bytes asked
/// for only while they are written. [GgufHeader] draws the layout.
public final class GgufWriter {
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int COPIED_AT_ONCE = 1 << 20;
    private static final int UINT8 = 0;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    /// The bytes of a tensor, exactly as many as its shape and type ask for.
    public interface Content {
        void write(OutputStream out) throws IOException;
    }

    private record Tensor(GgufType type, long[] shape, long size, Content content) {}

    private final Map<String, byte[]> values = new LinkedHashMap<>(); // type and value
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private int alignment = DEFAULT_ALIGNMENT;

    public GgufWriter text(String key, String value) {
        return put(key, new Bytes().int32(STRING).string(value));
    }

    public GgufWriter integer(String key, int value) {
        return put(key, new Bytes().int32(UINT32).int32(value));
    }

    public GgufWriter number(String key, float value) {
        return put(key, new Bytes().int32(FLOAT32).int32(Float.floatToRawIntBits(value)));
    }

    public GgufWriter flag(String key, boolean value) {
        return put(key, new Bytes().int32(BOOL).int8(value ? 1 : 0));
    }

    public GgufWriter texts(String key, String... values) {
        Bytes bytes = new Bytes().int32(ARRAY).int32(STRING).int64(values.length);
        for (String value : values) {
            bytes.string(value);
        }
        return put(key, bytes);
    }

    public GgufWriter integers(String key, int... values) {
        Bytes bytes = new Bytes().int32(ARRAY).int32(INT32).int64(values.length);
        for (int value : values) {
            bytes.int32(value);
        }
        return put(key, bytes);
    }

    public GgufWriter numbers(String key, float... values) {
        Bytes bytes = new Bytes().int32(ARRAY).int32(FLOAT32).int64(values.length);
        for (float value : values) {
            bytes.int32(Float.floatToRawIntBits(value));
        }
        return put(key, bytes);
    }

    public GgufWriter bytes(String key, byte[] values) {
        return put(
                key, new Bytes().int32(ARRAY).int32(UINT8).int64(values.length).all(values));
    }

    /// The value of a key as another file has it.
    public GgufWriter copy(GgufFile from, String key) {
        if (key.equals(GgufHeader.ALIGNMENT)) {
            return this; // a matter of the file it stands in
        }
        return put(key, new Bytes().all(from.rawValue(key)));
    }

    /// Where tensors begin: multiples of this.
    public GgufWriter alignment(int bytes) {
        alignment = bytes;
        return integer(GgufHeader.ALIGNMENT, bytes);
    }

    private GgufWriter put(String key, Bytes value) {
        if (values.putIfAbsent(key, value.toByteArray()) != null) {
            throw new IllegalArgumentException("key " + key + " again");
        }
        return this;
    }

    /// @param shape outermost dimension first
    public GgufWriter tensor(String name, Format format, long[] shape, Content content) {
        return tensor(name, GgufType.valueOf(format.name()), shape, content);
    }

    /// A tensor as it lies in another file.
    public GgufWriter tensor(TensorEntry entry) {
        for (GgufType type : GgufType.values()) {
            if (type.name().equals(entry.dtype())) {
                return tensor(entry.name(), type, entry.shape(), out -> copy(entry.bytes(), out));
            }
        }
        throw new UnsupportedModelException(
                entry.file(), "tensor " + entry.name() + " of dtype " + entry.dtype(), "types of ggml");
    }

    private static void copy(MemorySegment bytes, OutputStream out) throws IOException {
        byte[] piece = new byte[(int) Math.min(COPIED_AT_ONCE, bytes.byteSize())];
        for (long at = 0; at < bytes.byteSize(); at += piece.length) {
            int length = (int) Math.min(piece.length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, piece, 0, length);
            out.write(piece, 0, length);
        }
    }

    private GgufWriter tensor(String name, GgufType type, long[] shape, Content content) {
        long[] dimensions = shape.length == 0 ? new long[] {1} : shape.clone();
        long size = dimensions[dimensions.length - 1];
        if (size % type.block != 0) {
            throw new IllegalArgumentException(
                    "tensor " + name + ": expected rows of a multiple of " + type.block + " numbers, found " + size);
        }
        size = Math.multiplyExact(size / type.block, type.blockBytes);
        for (int i = 0; i < dimensions.length - 1; i++) {
            size = Math.multiplyExact(size, dimensions[i]);
        }
        if (tensors.putIfAbsent(name, new Tensor(type, dimensions, size, content)) != null) {
            throw new IllegalArgumentException("tensor " + name + " again");
        }
        return this;
    }

    public void write(OutputStream out) throws IOException {
        Bytes header = new Bytes();
        header.all("GGUF".getBytes(StandardCharsets.US_ASCII)).int32(3).int64(tensors.size());
        header.int64(values.size());
        values.forEach((key, value) -> header.string(key).all(value));
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            header.string(entry.getKey()).int32(tensor.shape.length);
            for (int i = tensor.shape.length - 1; i >= 0; i--) {
                header.int64(tensor.shape[i]);
            }
            header.int32(tensor.type.id).int64(offset);
            offset += tensor.size + filler(tensor.size);
        }
        out.write(header.toByteArray());
        out.write(new byte[filler(header.size())]);
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            Counted counted = new Counted(out);
            tensor.content.write(counted);
            if (counted.count != tensor.size) {
                throw new IllegalStateException(
                        "tensor " + entry.getKey() + ": expected " + tensor.size + " bytes, found " + counted.count);
            }
            out.write(new byte[filler(tensor.size)]);
        }
    }

    private int filler(long size) {
        return (int) (Math.ceilDiv(size, (long) alignment) * alignment - size);
    }

    /// Little-endian values one after the other.
    private static final class Bytes extends ByteArrayOutputStream {
        Bytes all(byte[] bytes) {
            writeBytes(bytes);
            return this;
        }

        Bytes int8(int value) {
            write(value);
            return this;
        }

        Bytes int32(int value) {
            return all(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(value)
                    .array());
        }

        Bytes int64(long value) {
            return all(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array());
        }

        Bytes string(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            return int64(utf8.length).all(utf8);
        }
    }

    private static final class Counted extends OutputStream {
        private final OutputStream out;
        private long count;

        Counted(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            count++;
        }

        @Override
        public void write(byte[] bytes, int at, int length) throws IOException {
            out.write(bytes, at, length);
            count += length;
        }
    }
}
