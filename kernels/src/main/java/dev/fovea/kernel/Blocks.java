package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The value of one number of a block, for each block [Format]; written to be read beside the pictures there.
///
/// Products and differences round to float one by one, as in ggml.
final class Blocks {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Blocks() {}

    static float q8(MemorySegment bytes, long block, int i) {
        return half(bytes, block) * bytes.get(ValueLayout.JAVA_BYTE, block + 2 + i);
    }

    static float q4(MemorySegment bytes, long block, int i) {
        return half(bytes, block) * (nibble(u8(bytes, block + 2 + i % 16), i / 16) - 8);
    }

    static float q4k(MemorySegment bytes, long block, int i) {
        return scaled(bytes, block, i / 32, nibbleOfGroup(bytes, block + 16, i));
    }

    static float q5k(MemorySegment bytes, long block, int i) {
        int fifth = u8(bytes, block + 16 + i % 32) >> i / 32 & 1;
        return scaled(bytes, block, i / 32, nibbleOfGroup(bytes, block + 48, i) | fifth << 4);
    }

    static float q6k(MemorySegment bytes, long block, int i) {
        int half = i / 128;
        int quarter = i / 32 % 4;
        int low = nibble(u8(bytes, block + 64L * half + 32L * (quarter % 2) + i % 32), quarter / 2);
        int high = u8(bytes, block + 128 + 32L * half + i % 32) >> 2 * quarter & 3;
        int scale = bytes.get(ValueLayout.JAVA_BYTE, block + 192 + i / 16);
        return half(bytes, block + 208) * scale * ((low | high << 4) - 32);
    }

    /// Number `q` of group `group` of a Q4_K or Q5_K block.
    private static float scaled(MemorySegment bytes, long block, int group, int q) {
        int k = group % 4;
        int first = u8(bytes, block + 4 + k);
        int second = u8(bytes, block + 8 + k);
        int third = u8(bytes, block + 12 + k);
        int scale = group < 4 ? first & 63 : third & 15 | first >> 6 << 4;
        int min = group < 4 ? second & 63 : third >> 4 | second >> 6 << 4;
        return half(bytes, block) * scale * q - half(bytes, block + 2) * min;
    }

    /// Number `i` among 128 bytes of which 32 hold two groups of 32 numbers.
    private static int nibbleOfGroup(MemorySegment bytes, long at, int i) {
        return nibble(u8(bytes, at + 32L * (i / 64) + i % 32), i / 32 % 2);
    }

    /// Half `which` of a byte: 0 the low, 1 the high one.
    private static int nibble(int value, int which) {
        return value >> 4 * which & 15;
    }

    private static int u8(MemorySegment bytes, long at) {
        return bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private static float half(MemorySegment bytes, long at) {
        return Float.float16ToFloat(bytes.get(SHORT, at));
    }
}
