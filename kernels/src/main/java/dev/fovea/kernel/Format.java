package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How the numbers of a [Matrix] or of [KeyValues] are stored. All formats are little-endian.
public enum Format {
    /// IEEE binary32.
    F32(4),
    /// IEEE binary16.
    F16(2),
    /// The upper half of an IEEE binary32.
    BF16(2);

    private final int elementBytes;

    Format(int elementBytes) {
        this.elementBytes = elementBytes;
    }

    /// Unpacks `count` numbers that begin at byte `from` into `to`, beginning at `at`. Plain and exact; hot paths have
    /// their own.
    public void unpack(MemorySegment bytes, long from, float[] to, int at, int count) {
        for (int i = 0; i < count; i++) {
            to[at + i] = switch (this) {
                case F32 -> bytes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4L * i);
                case F16 -> Float.float16ToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, from + 2L * i));
                case BF16 -> Float.intBitsToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, from + 2L * i) << 16);
            };
        }
    }

    /// Bytes that `elements` consecutive numbers of a row occupy.
    public long bytes(long elements) {
        return Math.multiplyExact(elements, elementBytes);
    }
}
