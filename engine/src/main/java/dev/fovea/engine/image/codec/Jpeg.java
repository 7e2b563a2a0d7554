package dev.fovea.engine.image.codec;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/// A JPEG file: baseline or progressive, 8 bits, grey, YCbCr, RGB, CMYK or YCCK.
///
/// ```text
/// FF D8 | segment … | FF DA scan header, entropy-coded bytes | segment … | FF D9
/// segment   FF marker | length u16 (itself included) | payload
/// frame     bits u8 | height u16 | width u16 | components u8 | (id u8, sampling u8, table u8) …
/// ```
/// The JDK's decoder (libjpeg) yields the stored components; which colours they are is decided here in libjpeg's order
/// (JFIF, Adobe, component names), because the JDK's own guess takes unsubsampled YCbCr without JFIF for RGB.
final class Jpeg implements EncodedPicture {
    // Each scan of a progressive file is a pass over the whole picture. Encoders write about ten.
    private static final int MOST_SCANS = 100;

    private final byte[] bare; // without application and comment segments
    private final int height;
    private final int width;
    private final int[] ids; // [components]
    private final boolean jfif;
    private final int adobe; // the colour transform its segment names, or -1
    private final int orientation;

    private Jpeg(Scanner scanner) {
        this.bare = scanner.bare.toByteArray();
        this.height = scanner.height;
        this.width = scanner.width;
        this.ids = scanner.ids;
        this.jfif = scanner.jfif;
        this.adobe = scanner.adobe;
        this.orientation = scanner.orientation;
    }

    static Jpeg open(byte[] file) throws CorruptPictureException {
        Scanner scanner = new Scanner(Bytes.bigEndian(file));
        scanner.scan();
        return new Jpeg(scanner);
    }

    @Override
    public String format() {
        return "JPEG";
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
        Raster raster = PluginReader.raster("jpeg", bare);
        if (raster.getNumBands() != ids.length || raster.getWidth() != width || raster.getHeight() != height) {
            throw new CorruptPictureException(
                    width + " x " + height + " pixels of " + ids.length + " components",
                    raster.getWidth() + " x " + raster.getHeight() + " of " + raster.getNumBands());
        }
        byte[] samples = Rasters.samples(raster, ids.length);
        if (ids.length == 1) {
            return Rasters.replicate(samples);
        } else if (ids.length == 3) {
            if (!storesRgb()) {
                Colors.yccToRgbInPlace(samples, 3);
            }
            return samples;
        }
        if (adobe > 0) {
            Colors.yccToRgbInPlace(samples, 4);
            Colors.complementInPlace(samples);
        }
        return Colors.cmykToRgb(samples, true);
    }

    private boolean storesRgb() {
        if (jfif) {
            return false;
        }
        return adobe >= 0 ? adobe == 0 : Arrays.equals(ids, new int[] {'R', 'G', 'B'});
    }

    /// Walks all segments once: finds what this class needs, proves the file complete, copies what a decoder needs.
    private static final class Scanner {
        final Bytes file;
        final ByteArrayOutputStream bare;
        int height;
        int width;
        int[] ids = new int[0];
        boolean jfif;
        int adobe = -1;
        int orientation;
        int scans;
        long entropyBytes;
        long blocks;

        Scanner(Bytes file) {
            this.file = file;
            this.bare = new ByteArrayOutputStream(file.length());
        }

        void scan() throws CorruptPictureException {
            copy(0, 2);
            long at = 2;
            while (true) {
                at = nextMarker(at);
                int marker = file.u8(at - 1);
                if (marker == 0xd9) {
                    copy(at - 2, 2);
                    break;
                } else if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
                    continue;
                }
                int length = file.u16(at);
                if (length < 2) {
                    throw new CorruptPictureException(
                            "a JPEG segment of at least 2 bytes at offset " + at, "" + length);
                }
                segment(marker, file.slice(at + 2, length - 2));
                boolean kept = marker < 0xe0 || (marker > 0xef && marker != 0xfe);
                if (kept) {
                    copy(at - 2, 2L + length);
                }
                at += length;
                if (marker == 0xda) {
                    at = entropyEnd(at);
                }
            }
            checkComplete();
        }

        private void copy(long at, long length) throws CorruptPictureException {
            bare.write(file.array(), file.index(at, length), (int) length);
        }

        // The offset after the next marker's second byte. Stray bytes before a marker are skipped, as libjpeg does.
        private long nextMarker(long at) throws CorruptPictureException {
            while (file.has(at, 2)) {
                int code = file.u8(at + 1);
                if (file.u8(at) == 0xff && code != 0xff && code != 0) {
                    return at + 2;
                }
                at++;
            }
            throw new CorruptPictureException("a complete JPEG", "the end of the file before the end of the image");
        }

        private long entropyEnd(long begin) throws CorruptPictureException {
            if (height == 0) {
                throw new CorruptPictureException("a frame header before the first scan", "none");
            }
            if (++scans > MOST_SCANS) {
                throw new CorruptPictureException("at most " + MOST_SCANS + " scans", "more");
            }
            long at = begin;
            while (true) {
                at = nextMarker(at);
                int marker = file.u8(at - 1);
                if (marker < 0xd0 || marker > 0xd7) {
                    copy(begin, at - 2 - begin);
                    entropyBytes += at - 2 - begin;
                    return at - 2;
                }
            }
        }

        private void segment(int marker, Bytes payload) throws CorruptPictureException {
            boolean frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
            if (frame) {
                frame(marker, payload);
            } else if (marker == 0xe0 && payload.says(0, "JFIF\0")) {
                jfif = true;
            } else if (marker == 0xe1 && orientation == 0 && payload.says(0, "Exif\0\0")) {
                orientation = TiffDirectory.orientation(payload);
            } else if (marker == 0xee && payload.says(0, "Adobe") && payload.has(0, 12)) {
                adobe = payload.u8(11);
            }
        }

        private void frame(int marker, Bytes payload) throws CorruptPictureException {
            if (marker > 0xc2) {
                throw new CorruptPictureException(
                        "a baseline or progressive Huffman-coded JPEG",
                        marker >= 0xc9 ? "arithmetic coding" : "a lossless or hierarchical one");
            }
            int bits = payload.u8(0);
            height = payload.u16(1);
            width = payload.u16(3);
            int components = payload.u8(5);
            if (bits != 8 || height == 0 || width == 0 || (components != 1 && components != 3 && components != 4)) {
                throw new CorruptPictureException(
                        "8 bits, a size and 1, 3 or 4 components",
                        bits + " bits, " + width + " x " + height + ", " + components + " components");
            }
            ids = new int[components];
            int across = 1;
            int down = 1;
            for (int c = 0; c < components; c++) {
                ids[c] = payload.u8(6 + 3 * c);
                across = Math.max(across, payload.u8(7 + 3 * c) >> 4);
                down = Math.max(down, payload.u8(7 + 3 * c) & 15);
            }
            blocks = (long) Math.ceilDiv(width, 8 * across) * Math.ceilDiv(height, 8 * down) * components;
        }

        // A block costs at least one bit, so the data bounds the size: a header cannot make us allocate at will.
        private void checkComplete() throws CorruptPictureException {
            if (scans == 0) {
                throw new CorruptPictureException("a JPEG with image data", "none");
            }
            if (8 * entropyBytes < blocks) {
                throw new CorruptPictureException(
                        "data for " + width + " x " + height + " pixels", entropyBytes + " bytes");
            }
            orientation = Math.max(orientation, 1);
        }
    }
}
