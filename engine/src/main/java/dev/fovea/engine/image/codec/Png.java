package dev.fovea.engine.image.codec;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;

/// A PNG file of any colour type and depth, interlaced or not.
///
/// ```text
/// 89 "PNG" 0D 0A 1A 0A | chunk …
/// chunk   length u32 | type, 4 letters | payload | CRC-32 of type and payload u32
/// IHDR    width u32 | height u32 | depth u8 | colour u8 | 0 u8 | 0 u8 | interlace u8
/// ```
/// The decoder sees the critical chunks only. Transparency is not among them, so palettes and grey keep their colours.
final class Png implements EncodedPicture {
    private static final byte[] END = {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xae, 0x42, 0x60, (byte) 0x82};
    // Deflate's best: 258 bytes for a 1-bit length and a 1-bit distance code.
    private static final long MOST_INFLATION = 1032;

    private final byte[] bare;
    private final int height;
    private final int width;
    private final int orientation;

    private Png(byte[] bare, int height, int width, int orientation) {
        this.bare = bare;
        this.height = height;
        this.width = width;
        this.orientation = orientation;
    }

    static Png open(byte[] array) throws CorruptPictureException {
        Bytes file = Bytes.bigEndian(array);
        ByteArrayOutputStream bare = new ByteArrayOutputStream(array.length);
        bare.write(array, 0, 8);
        long dataBytes = 0;
        int orientation = 1;
        long at = 8;
        // Pillow is content without the end chunk once the pixels are all there, and so are we.
        while (at < file.length() && !file.says(at + 4, "IEND")) {
            long length = file.u32(at);
            Bytes payload = file.slice(at + 8, length);
            boolean data = file.says(at + 4, "IDAT");
            boolean header = file.says(at + 4, "IHDR");
            if (header != (at == 8)) {
                throw new CorruptPictureException("IHDR as the first chunk", "'" + file.text(at + 4, 4) + "' there");
            }
            if (data || header || file.says(at + 4, "PLTE")) {
                checkSum(file, at, length);
                bare.write(array, file.index(at, length + 12), (int) length + 12);
                dataBytes += data ? length : 0;
            } else if (file.says(at + 4, "eXIf")) {
                orientation = TiffDirectory.orientation(payload);
            }
            at += length + 12;
        }
        bare.writeBytes(END);
        checkHeader(file, dataBytes);
        return new Png(bare.toByteArray(), file.i32(20), file.i32(16), orientation);
    }

    private static void checkSum(Bytes file, long chunk, long length) throws CorruptPictureException {
        CRC32 crc = new CRC32();
        crc.update(file.array(), file.index(chunk + 4, length + 4), (int) length + 4);
        if (crc.getValue() != file.u32(chunk + 8 + length)) {
            throw new CorruptPictureException(
                    "the checksum of chunk '" + file.text(chunk + 4, 4) + "'", "another: the file is damaged");
        }
    }

    private static void checkHeader(Bytes file, long dataBytes) throws CorruptPictureException {
        long width = file.u32(16);
        long height = file.u32(20);
        int depth = file.u8(24);
        int channels = switch (file.u8(25)) {
            case 0, 3 -> 1;
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> throw new CorruptPictureException("a PNG colour type", "" + file.u8(25));
        };
        if (width == 0 || height == 0 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE || depth > 16) {
            throw new CorruptPictureException(
                    "a size and a depth of at most 16 bits", width + " x " + height + ", " + depth + " bits");
        }
        // Both below 2^31 and at most 64 bits a pixel: in doubles, so that nothing overflows.
        double rawBytes = (double) height * Math.ceil(width * (double) (channels * depth) / 8);
        if (rawBytes > (double) MOST_INFLATION * (dataBytes + 1)) {
            throw new CorruptPictureException("data for " + width + " x " + height + " pixels", dataBytes + " bytes");
        }
    }

    @Override
    public String format() {
        return "PNG";
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int frames() {
        return 1;
    }

    @Override
    public int orientation() {
        return orientation;
    }

    @Override
    public byte[] rgb() throws CorruptPictureException {
        return Rasters.rgb(PluginReader.image("png", bare));
    }
}
