package dev.fovea.engine.file;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Reads a GGUF header from front to back. Every length is checked against the bytes that are left before it is
/// used, so that no claim of a file costs more memory than the file itself suggests.
final class GgufCursor {
    static final int MAX_NAME_BYTES = 65535;

    /// The largest lists in use are whole tokenizer files of some 40 MB, byte by byte.
    private static final int MAX_ITEMS = 1 << 28;

    private static final int MAX_DEPTH = 4;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int UINT8 = 0;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    private final MemorySegment bytes;
    private final Path file;
    private long at;

    GgufCursor(MemorySegment bytes, Path file) {
        this.bytes = bytes;
        this.file = file;
    }

    Path file() {
        return file;
    }

    long at() {
        return at;
    }

    private long take(long count) {
        if (count > bytes.byteSize() - at) {
            throw bad(at, count + " more bytes", "the end of the file after " + (bytes.byteSize() - at));
        }
        long begin = at;
        at += count;
        return begin;
    }

    int int32() {
        return bytes.get(INT, take(4));
    }

    private short int16() {
        return bytes.get(SHORT, take(2));
    }

    private byte int8() {
        return bytes.get(ValueLayout.JAVA_BYTE, take(1));
    }

    /// An unsigned number that must fit a long.
    long count(String what, long max) {
        long begin = at;
        long value = bytes.get(LONG, take(8));
        if (value < 0 || value > max) {
            throw bad(begin, what + " of at most " + max, Long.toUnsignedString(value));
        }
        return value;
    }

    String string(int maxBytes) {
        long length = count("a string length", Math.min(maxBytes, Math.max(0, bytes.byteSize() - at - 8)));
        return new String(bytes.asSlice(take(length), length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /// A value of the metadata, with its type before it.
    Object value() {
        return value(int32(), 0);
    }

    private Object value(int type, int depth) {
        long begin = at;
        return switch (type) {
            case 0 -> int8() & 0xffL;
            case 1 -> (long) int8();
            case 2 -> int16() & 0xffffL;
            case 3 -> (long) int16();
            case 4 -> int32() & 0xffffffffL;
            case 5 -> (long) int32();
            case 6 -> (double) Float.intBitsToFloat(int32());
            case 7 -> truth();
            case STRING -> string(Integer.MAX_VALUE);
            case ARRAY -> array(depth + 1);
            case 10 -> count("a number", Long.MAX_VALUE);
            case 11 -> bytes.get(LONG, take(8));
            case 12 -> Double.longBitsToDouble(bytes.get(LONG, take(8)));
            default -> throw bad(begin - 4, "a value type from 0 to 12", Integer.toUnsignedString(type));
        };
    }

    private boolean truth() {
        byte value = int8();
        if (value != 0 && value != 1) {
            throw bad(at - 1, "0 or 1", String.valueOf(value));
        }
        return value == 1;
    }

    /// A list of bytes as `byte[]`, of numbers as `long[]` or `double[]`, of strings as `String[]`, of anything else as
    /// `Object[]`.
    private Object array(int depth) {
        if (depth > MAX_DEPTH) {
            throw bad(at, "lists at most " + MAX_DEPTH + " deep", "a deeper one");
        }
        int type = int32();
        long least = leastBytes(type);
        int count = (int) count("a list length", Math.min(MAX_ITEMS, Math.max(0, bytes.byteSize() - at - 8) / least));
        return switch (type) {
            case 6, 12 -> {
                double[] numbers = new double[count];
                for (int i = 0; i < count; i++) {
                    numbers[i] = (double) value(type, depth);
                }
                yield numbers;
            }
            case STRING -> {
                String[] strings = new String[count];
                for (int i = 0; i < count; i++) {
                    strings[i] = string(Integer.MAX_VALUE);
                }
                yield strings;
            }
            case 7, ARRAY -> {
                Object[] values = new Object[count];
                for (int i = 0; i < count; i++) {
                    values[i] = value(type, depth);
                }
                yield values;
            }
            case UINT8 -> bytes.asSlice(take(count), count).toArray(ValueLayout.JAVA_BYTE);
            default -> {
                long[] numbers = new long[count];
                for (int i = 0; i < count; i++) {
                    numbers[i] = (long) value(type, depth);
                }
                yield numbers;
            }
        };
    }

    private long leastBytes(int type) {
        return switch (type) {
            case 0, 1, 7 -> 1;
            case 2, 3 -> 2;
            case 4, 5, 6 -> 4;
            case STRING, 10, 11, 12 -> 8;
            case ARRAY -> 12;
            default -> throw bad(at - 4, "a value type from 0 to 12", Integer.toUnsignedString(type));
        };
    }

    ModelFormatException bad(long where, String expected, String found) {
        return new ModelFormatException(file, where, expected, found);
    }
}
