package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// How the numbers of a [Matrix] or of [KeyValues] are stored. All formats are little-endian.
public enum Format {
    /// IEEE binary32.
    F32(4),
    /// IEEE binary16.
    F16(2),
    /// The upper half of an IEEE binary32.
    BF16(2);

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int elementBytes;

    Format(int elementBytes) {
        this.elementBytes = elementBytes;
    }

    /// Bytes that `elements` consecutive numbers of a row occupy.
    public long bytes(long elements) {
        return Math.multiplyExact(elements, elementBytes);
    }

    /// Number `index` of `bytes`, exactly.
    public float read(MemorySegment bytes, long index) {
        return switch (this) {
            case F32 -> bytes.get(FLOAT, 4 * index);
            case F16 -> Float.float16ToFloat(bytes.get(SHORT, 2 * index));
            case BF16 -> Float.intBitsToFloat(bytes.get(SHORT, 2 * index) << 16);
        };
    }

    /// Numbers `index … index + count - 1` of `bytes`, exactly, to `to` from `at` on.
    public void unpack(MemorySegment bytes, long index, int count, float[] to, int at) {
        for (int i = 0; i < count; i++) {
            to[at + i] = read(bytes, index + i);
        }
    }
}
