package dev.fovea.engine.image.codec;

import java.awt.image.BufferedImage;
import java.util.Arrays;

/// The first page of a TIFF file, in strips or tiles: bilevel, grey, palette, RGB or CMYK of up to 16 bits.
///
/// The orientation is applied even when EXIF is not asked for, because Pillow does so.
final class Tiff implements EncodedPicture {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int STRIP_OFFSETS = 273;
    private static final int ORIENTATION = 274;
    private static final int SAMPLES = 277;
    private static final int STRIP_BYTES = 279;
    private static final int COLOR_MAP = 320;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;
    private static final int SAMPLE_FORMAT = 339;

    private static final int PALETTE = 3;
    private static final int CMYK = 5;
    private static final int YCBCR = 6;

    private final byte[] file;
    private final TiffDirectory directory;
    private final int height;
    private final int width;
    private final int pages;

    private Tiff(byte[] file, TiffDirectory directory, int height, int width, int pages) {
        this.file = file;
        this.directory = directory;
        this.height = height;
        this.width = width;
        this.pages = pages;
    }

    static Tiff open(byte[] array) throws CorruptPictureException {
        Bytes file = Bytes.littleEndian(array);
        TiffDirectory directory = TiffDirectory.read(file);
        long width = directory.value(WIDTH, 0);
        long height = directory.value(HEIGHT, 0);
        if (width <= 0 || height <= 0 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
            throw new CorruptPictureException("a TIFF with a size", width + " x " + height);
        }
        checkSamples(directory);
        checkPlaces(file, directory, height, width);
        // A chain may be a loop; no count above the length of the file is an honest one.
        int pages = TiffDirectory.directories(file, array.length);
        return new Tiff(array, directory, (int) height, (int) width, pages);
    }

    private static void checkSamples(TiffDirectory directory) throws CorruptPictureException {
        long samples = directory.value(SAMPLES, 1);
        long[] bits = directory.values(BITS);
        long format = directory.value(SAMPLE_FORMAT, 1);
        long photometric = directory.value(PHOTOMETRIC, 1);
        boolean equal = Arrays.stream(bits).allMatch(b -> b == bits[0]);
        long depth = bits.length == 0 ? 1 : bits[0];
        if (samples < 1 || samples > 8 || !equal || depth < 1 || depth > 16 || format != 1) {
            throw new CorruptPictureException(
                    "1 to 8 unsigned samples of equal depth up to 16 bits",
                    samples + " of " + Arrays.toString(bits) + " bits, format " + format);
        }
        boolean jpeg = directory.value(COMPRESSION, 1) == 7;
        if ((photometric > CMYK && !(photometric == YCBCR && jpeg)) || photometric == 4) {
            throw new CorruptPictureException("grey, palette, RGB or CMYK colours", "photometric " + photometric);
        }
        if (photometric == CMYK && (samples != 4 || depth != 8)) {
            throw new CorruptPictureException("CMYK of 4 samples of 8 bits", samples + " of " + depth);
        }
    }

    // Every strip or tile must lie in the file, and tiles must not be much larger than the picture.
    private static void checkPlaces(Bytes file, TiffDirectory directory, long height, long width)
            throws CorruptPictureException {
        boolean tiled = directory.has(TILE_WIDTH);
        long[] offsets = directory.values(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
        long[] bytes = directory.values(tiled ? TILE_BYTES : STRIP_BYTES);
        if (offsets.length == 0 || bytes.length != offsets.length) {
            throw new CorruptPictureException(
                    "the places of the strips or tiles", offsets.length + " offsets and " + bytes.length + " lengths");
        }
        long dataBytes = 0;
        for (int i = 0; i < offsets.length; i++) {
            file.index(offsets[i], bytes[i]);
            dataBytes += bytes[i];
        }
        if (tiled) {
            long tileWidth = directory.value(TILE_WIDTH, 0);
            long tileHeight = directory.value(TILE_HEIGHT, 0);
            if (tileWidth <= 0 || tileHeight <= 0 || tileWidth > width + 1024 || tileHeight > height + 1024) {
                throw new CorruptPictureException(
                        "tiles no larger than the picture", tileWidth + " x " + tileHeight + " tiles");
            }
        }
        // The best each compression can do: CCITT a row of any width in one bit, LZW 4096 bytes in a 12-bit code.
        long compression = directory.value(COMPRESSION, 1);
        double depth = (double) directory.value(BITS, 1) * directory.value(SAMPLES, 1);
        boolean ccitt = compression >= 2 && compression <= 4;
        boolean enough = ccitt ? height <= 8.0 * dataBytes : height * (width * depth) / 8 <= 4096.0 * dataBytes;
        if (!enough) {
            throw new CorruptPictureException("data for " + width + " x " + height + " pixels", dataBytes + " bytes");
        }
    }

    @Override
    public String format() {
        return "TIFF";
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
        return pages;
    }

    @Override
    public int orientation() {
        try {
            long value = directory.value(ORIENTATION, 1);
            return value >= 1 && value <= 8 ? (int) value : 1;
        } catch (CorruptPictureException e) {
            return 1;
        }
    }

    @Override
    public boolean turnsOnLoading() {
        return true;
    }

    @Override
    public byte[] rgb() throws CorruptPictureException {
        BufferedImage image = PluginReader.image("tiff", file);
        if (image.getWidth() != width || image.getHeight() != height) {
            throw new CorruptPictureException(
                    width + " x " + height + " pixels", image.getWidth() + " x " + image.getHeight());
        }
        long photometric = directory.value(PHOTOMETRIC, 1);
        if (photometric == PALETTE) {
            return Rasters.lookUp(image.getRaster(), palette());
        } else if (photometric == CMYK) {
            return Colors.cmykToRgb(Rasters.samples(image.getRaster(), 4), false);
        }
        return Rasters.rgb(image);
    }

    // [entries] as 0xRRGGBB. The file has 16 bits for each; Pillow keeps the high byte, the JDK rounds.
    private int[] palette() throws CorruptPictureException {
        long[] map = directory.values(COLOR_MAP); // [3, entries]
        int[] colors = new int[map.length / 3];
        for (int i = 0; i < colors.length; i++) {
            long red = map[i] >> 8;
            long green = map[colors.length + i] >> 8;
            long blue = map[2 * colors.length + i] >> 8;
            colors[i] = (int) ((red << 16) | (green << 8) | blue);
        }
        return colors;
    }
}
