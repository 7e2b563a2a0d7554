package dev.fovea.engine.image.codec;

import java.nio.charset.StandardCharsets;

/// The bytes `[begin, end)` of `array`, read by offset from `begin`. No read leaves them.
record Bytes(byte[] array, int begin, int end, boolean bigEndian) {
    static Bytes bigEndian(byte[] file) {
        return new Bytes(file, 0, file.length, true);
    }

    static Bytes littleEndian(byte[] file) {
        return new Bytes(file, 0, file.length, false);
    }

    int length() {
        return end - begin;
    }

    boolean has(long at, long length) {
        return at >= 0 && length >= 0 && at <= length() - length;
    }

    int u8(long at) throws CorruptPictureException {
        return array[index(at, 1)] & 0xff;
    }

    int u16(long at) throws CorruptPictureException {
        int i = index(at, 2);
        int a = array[i] & 0xff;
        int b = array[i + 1] & 0xff;
        return bigEndian ? (a << 8) | b : (b << 8) | a;
    }

    int u24(long at) throws CorruptPictureException {
        return bigEndian ? (u16(at) << 8) | u8(at + 2) : (u8(at + 2) << 16) | u16(at);
    }

    long u32(long at) throws CorruptPictureException {
        index(at, 4);
        long a = u16(at);
        long b = u16(at + 2);
        return bigEndian ? (a << 16) | b : (b << 16) | a;
    }

    int i32(long at) throws CorruptPictureException {
        return (int) u32(at);
    }

    /// Where byte `at` lies in `array`, once it is known that `length` bytes follow there.
    int index(long at, long length) throws CorruptPictureException {
        if (!has(at, length)) {
            throw new CorruptPictureException(length + " bytes at offset " + at, "the end at byte " + length());
        }
        return begin + (int) at;
    }

    /// A view of `length` bytes from `at`.
    Bytes slice(long at, long length) throws CorruptPictureException {
        int from = index(at, length);
        return new Bytes(array, from, from + (int) length, bigEndian);
    }

    Bytes ordered(boolean big) {
        return new Bytes(array, begin, end, big);
    }

    /// Whether the ASCII characters of `text` stand at `at`.
    boolean says(long at, String text) {
        if (!has(at, text.length())) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (array[begin + (int) at + i] != (byte) text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// `length` bytes at `at` as text for a message.
    String text(long at, int length) throws CorruptPictureException {
        return new String(array, index(at, length), length, StandardCharsets.ISO_8859_1)
                .replaceAll("[^\\x20-\\x7e]", "?");
    }
}
