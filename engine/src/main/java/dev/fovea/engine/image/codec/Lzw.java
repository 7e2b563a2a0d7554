package dev.fovea.engine.image.codec;

/// GIF's variant of LZW: codes of growing width, lowest bit first, spread over sub-blocks.
///
/// The JDK's reader fills up silently where codes run out or make no sense; here, as in Pillow, that is an error.
final class Lzw {
    private static final int MOST_CODES = 4096;

    private final Bytes file;
    private final int clear; // the code after the last literal; clear + 1 ends the data
    private final int[] prefix = new int[MOST_CODES];
    private final byte[] suffix = new byte[MOST_CODES];
    private final byte[] reversed = new byte[MOST_CODES + 1]; // one code's values, last first
    private long at; // of the next byte
    private int left; // bytes left of the sub-block
    private int bits; // waiting in `buffer`
    private int buffer;

    /// @param begin offset of the byte that gives the width of literals; sub-blocks follow
    Lzw(Bytes file, long begin) throws CorruptPictureException {
        int width = file.u8(begin);
        if (width < 1 || width > 11) {
            throw new CorruptPictureException("LZW literals of 1 to 11 bits", width + " bits");
        }
        this.file = file;
        this.at = begin + 1;
        this.clear = 1 << width;
    }

    /// @return `[count]` palette indices
    byte[] decode(int count) throws CorruptPictureException {
        byte[] out = new byte[count];
        int written = 0;
        int next = clear + 2; // the code that will be defined next
        int width = widthOf(clear + 1);
        int last = -1;
        while (written < count) {
            int code = code(width);
            if (code == clear) {
                next = clear + 2;
                width = widthOf(clear + 1);
                last = -1;
                continue;
            }
            // The code to be defined may already be used: it is the last one and its own first value again.
            boolean known = code < clear || (last >= 0 && code != clear + 1 && code < next);
            boolean justNow = last >= 0 && code == next && next < MOST_CODES;
            if (!known && !justNow) {
                throw new CorruptPictureException(count + " pixels", "bad code " + code + " after " + written);
            }
            if (last >= 0 && next < MOST_CODES) {
                prefix[next] = last;
                suffix[next] = firstOf(known ? code : last);
                next++;
                width = Math.min(12, widthOf(next));
            }
            written = expand(code, out, written);
            last = code;
        }
        return out;
    }

    private byte firstOf(int code) {
        int walk = code;
        while (walk > clear) {
            walk = prefix[walk];
        }
        return (byte) walk;
    }

    // Writes what `code` stands for, as far as it fits; returns the place after it.
    private int expand(int code, byte[] out, int at) {
        int length = 0;
        int walk = code;
        while (walk > clear) {
            reversed[length++] = suffix[walk];
            walk = prefix[walk];
        }
        reversed[length++] = (byte) walk;
        int to = at;
        while (length > 0 && to < out.length) {
            out[to++] = reversed[--length];
        }
        return to;
    }

    // Bits that the code `code` needs.
    private static int widthOf(int code) {
        return 32 - Integer.numberOfLeadingZeros(code);
    }

    private int code(int width) throws CorruptPictureException {
        while (bits < width) {
            if (left == 0) {
                left = file.u8(at++);
                if (left == 0) {
                    throw new CorruptPictureException("a complete GIF frame", "the end of its data");
                }
            }
            buffer |= file.u8(at++) << bits;
            bits += 8;
            left--;
        }
        int code = buffer & ((1 << width) - 1);
        buffer >>>= width;
        bits -= width;
        return code;
    }
}
