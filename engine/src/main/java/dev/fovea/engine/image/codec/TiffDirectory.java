package dev.fovea.engine.image.codec;

import java.util.HashMap;
import java.util.Map;

/// The first directory of a TIFF structure, which is what an EXIF block is too.
///
/// ```text
/// header   "II" or "MM" | 42 u16 | offset of the directory u32
/// directory   entries u16 | entry … | offset of the next directory u32
/// entry   tag u16 | type u16 | count u32 | the values if they fit in 4 bytes, else their offset u32
/// ```
final class TiffDirectory {
    private static final int ORIENTATION = 274;
    private static final int[] BYTES_OF_TYPE = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

    private final Bytes tiff;
    private final Map<Integer, Entry> entries;

    private record Entry(int type, long count, long at) {}

    private TiffDirectory(Bytes tiff, Map<Integer, Entry> entries) {
        this.tiff = tiff;
        this.entries = entries;
    }

    /// Reads the directory; every value of a known type is then known to lie inside `bytes`.
    static TiffDirectory read(Bytes bytes) throws CorruptPictureException {
        Bytes tiff = ordered(bytes);
        long at = tiff.u32(4);
        int count = tiff.u16(at);
        Map<Integer, Entry> entries = new HashMap<>();
        for (int i = 0; i < count; i++) {
            long entry = at + 2 + 12L * i;
            int type = tiff.u16(entry + 2);
            long values = tiff.u32(entry + 4);
            if (type > 0 && type < BYTES_OF_TYPE.length) {
                long length = values * BYTES_OF_TYPE[type];
                long place = length <= 4 ? entry + 8 : tiff.u32(entry + 8);
                tiff.index(place, length);
                entries.putIfAbsent(tiff.u16(entry), new Entry(type, values, place));
            }
        }
        return new TiffDirectory(tiff, entries);
    }

    /// The orientation an EXIF block asks for; 1 for a block that is damaged or does not say.
    static int orientation(Bytes exif) {
        try {
            Bytes tiff = exif.says(0, "Exif\0\0") ? exif.slice(6, exif.length() - 6) : exif;
            return orientationAt(ordered(tiff));
        } catch (CorruptPictureException e) {
            return 1;
        }
    }

    // Looks at one entry only, so that damage elsewhere in the block does not turn the picture.
    private static int orientationAt(Bytes tiff) throws CorruptPictureException {
        long at = tiff.u32(4);
        int count = tiff.u16(at);
        for (int i = 0; i < count; i++) {
            long entry = at + 2 + 12L * i;
            if (tiff.u16(entry) == ORIENTATION) {
                int type = tiff.u16(entry + 2);
                long value = type == 3 ? tiff.u16(entry + 8) : type == 4 ? tiff.u32(entry + 8) : tiff.u8(entry + 8);
                return value >= 1 && value <= 8 ? (int) value : 1;
            }
        }
        return 1;
    }

    private static Bytes ordered(Bytes bytes) throws CorruptPictureException {
        boolean big = bytes.says(0, "MM");
        if (!big && !bytes.says(0, "II")) {
            throw new CorruptPictureException("byte order mark II or MM", "'" + bytes.text(0, 2) + "'");
        }
        Bytes tiff = bytes.ordered(big);
        if (tiff.u16(2) != 42) {
            throw new CorruptPictureException("TIFF version 42", "" + tiff.u16(2));
        }
        return tiff;
    }

    /// How many directories the file chains together, counted up to `limit`; damage ends the chain.
    static int directories(Bytes bytes, int limit) {
        int directories = 0;
        try {
            Bytes tiff = ordered(bytes);
            long at = tiff.u32(4);
            while (at != 0 && directories < limit) {
                long next = at + 2 + 12L * tiff.u16(at);
                directories++;
                at = tiff.u32(next);
            }
        } catch (CorruptPictureException e) {
            return directories;
        }
        return directories;
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /// The values of an integer tag; empty where the tag is absent or of another type.
    long[] values(int tag) throws CorruptPictureException {
        Entry entry = entries.get(tag);
        if (entry == null || (entry.type != 1 && entry.type != 3 && entry.type != 4)) {
            return new long[0];
        }
        long[] values = new long[(int) entry.count];
        int step = BYTES_OF_TYPE[entry.type];
        for (int i = 0; i < values.length; i++) {
            long at = entry.at + (long) step * i;
            values[i] = step == 1 ? tiff.u8(at) : step == 2 ? tiff.u16(at) : tiff.u32(at);
        }
        return values;
    }

    /// The first value of an integer tag, or `otherwise`.
    long value(int tag, long otherwise) throws CorruptPictureException {
        long[] values = values(tag);
        return values.length == 0 ? otherwise : values[0];
    }
}
