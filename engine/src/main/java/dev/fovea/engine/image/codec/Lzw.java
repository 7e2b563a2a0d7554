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
        byte first = 0; // of the last code's values
        while (written < count) {
            int code = code(width);
            if (code == clear) {
                next = clear + 2;
                width = widthOf(clear + 1);
                last = -1;
                continue;
            }
            if (code == clear + 1
                    || code > next
                    || (code >= clear && last < 0)
                    || (code == next && next == MOST_CODES)) {
                throw new CorruptPictureException(count + " pixels", "bad code " + code + " after " + written);
            }
            int length = 0;
            int walk = code;
            if (code == next) {
                reversed[length++] = first;
                walk = last;
            }
            while (walk > clear) {
                reversed[length++] = suffix[walk];
                walk = prefix[walk];
            }
            reversed[length++] = (byte) walk;
            first = (byte) walk;
            while (length > 0 && written < count) {
                out[written++] = reversed[--length];
            }
            if (last >= 0 && next < MOST_CODES) {
                prefix[next] = last;
                suffix[next] = first;
                next++;
                width = Math.min(12, Math.max(width, widthOf(next)));
            }
            last = code;
        }
        return out;
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
