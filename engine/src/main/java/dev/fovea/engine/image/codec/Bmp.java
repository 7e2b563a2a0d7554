package dev.fovea.engine.image.codec;

/// A Windows or OS/2 bitmap of 1, 4, 8, 16, 24 or 32 bits, plain, with bit fields or run-length coded.
///
/// ```text
/// "BM" | file size u32 | 0 u32 | offset of the pixels u32 | header
/// header   12 u32 | width u16 | height u16 | 1 u16 | bits u16                               (OS/2 1)
/// header   40… u32 | width i32 | height i32, below 0 from the top | 1 u16 | bits u16 | compression u32 | …
/// ```
final class Bmp implements EncodedPicture {
    private static final int PLAIN = 0;
    private static final int RUNS_OF_8 = 1;
    private static final int RUNS_OF_4 = 2;
    private static final int BIT_FIELDS = 3;

    private final byte[] file;
    private final int height;
    private final int width;

    private Bmp(byte[] file, int height, int width) {
        this.file = file;
        this.height = height;
        this.width = width;
    }

    static Bmp open(byte[] array) throws CorruptPictureException {
        Bytes file = Bytes.littleEndian(array);
        long pixels = file.u32(10);
        boolean old = file.u32(14) == 12;
        long width = old ? file.u16(18) : file.i32(18);
        long height = old ? file.u16(20) : Math.abs((long) file.i32(22));
        int bits = file.u16(old ? 24 : 28);
        long compression = old ? PLAIN : file.u32(30);
        if (width <= 0 || height <= 0 || height > Integer.MAX_VALUE) {
            throw new CorruptPictureException("a BMP with a size", width + " x " + height);
        }
        if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
            throw new CorruptPictureException("1, 4, 8, 16, 24 or 32 bits a pixel", "" + bits);
        }
        boolean runs = (compression == RUNS_OF_8 && bits == 8) || (compression == RUNS_OF_4 && bits == 4);
        boolean plain = compression == PLAIN || (compression == BIT_FIELDS && bits >= 16);
        if (!runs && !plain) {
            throw new CorruptPictureException(
                    "an uncompressed or run-length coded BMP", "compression " + compression + " of " + bits + " bits");
        }
        // Runs may stop early and leave the rest at index 0, so for them there is nothing to check.
        double bytes = (double) height * Math.ceilDiv(width * bits, 32) * 4;
        if (plain && bytes > (double) file.length() - pixels) {
            throw new CorruptPictureException(
                    (long) bytes + " bytes of pixels from offset " + pixels, "the end at byte " + file.length());
        }
        return new Bmp(array, (int) height, (int) width);
    }

    @Override
    public String format() {
        return "BMP";
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
        return 1;
    }

    @Override
    public byte[] rgb() throws CorruptPictureException {
        return Rasters.rgb(PluginReader.image("bmp", file));
    }
}
