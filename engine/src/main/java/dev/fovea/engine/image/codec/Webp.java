package dev.fovea.engine.image.codec;

import java.io.ByteArrayOutputStream;

/// The first frame of a WebP file on its canvas.
///
/// ```text
/// "RIFF" | bytes that follow u32 | "WEBP" | chunk …
/// chunk   type, 4 letters | length u32 | payload | padding to an even length
/// "VP8 "  frame tag u24 | 9D 01 2A | width u14, scale | height u14, scale | …      lossy
/// "VP8L"  2F | width - 1 u14, height - 1 u14, … | …                               lossless
/// "VP8X"  flags u32 | canvas width - 1 u24 | canvas height - 1 u24                 extended: ALPH, ANMF, EXIF … follow
/// "ANMF"  left / 2, top / 2, width - 1, height - 1 u24 | duration u24 | flags u8 | chunk …
/// ```
/// The plug-in sees the bare picture chunk; alpha is dropped anyway. What an animation's first frame leaves free of the
/// canvas is black, as in libwebp's decoder.
final class Webp implements EncodedPicture {
    private static final int ANIMATED = 2;

    private final byte[] bare;
    private final int height; // of the canvas
    private final int width;
    private final int top;
    private final int left;
    private final int frames;
    private final int orientation;

    private Webp(Scanner scanner) throws CorruptPictureException {
        this.bare = scanner.bare();
        this.height = scanner.height;
        this.width = scanner.width;
        this.top = scanner.top;
        this.left = scanner.left;
        this.frames = Math.max(1, scanner.frames);
        this.orientation = scanner.orientation;
    }

    static Webp open(byte[] array) throws CorruptPictureException {
        Scanner scanner = new Scanner(Bytes.littleEndian(array));
        scanner.scan();
        return new Webp(scanner);
    }

    @Override
    public String format() {
        return "WebP";
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
        return frames;
    }

    @Override
    public int orientation() {
        return orientation;
    }

    @Override
    public byte[] rgb() throws CorruptPictureException {
        var image = PluginReader.imageByPlugin("webp", bare);
        if (top == 0 && left == 0 && image.getWidth() == width && image.getHeight() == height) {
            return Rasters.rgb(image);
        } else if (left + image.getWidth() > width || top + image.getHeight() > height) {
            throw new CorruptPictureException(
                    "a frame within " + width + " x " + height, image.getWidth() + " x " + image.getHeight());
        }
        byte[] canvas = Rasters.filled(height, width, 0);
        byte[] frame = Rasters.rgb(image);
        int stride = 3 * image.getWidth();
        for (int y = 0; y < image.getHeight(); y++) {
            System.arraycopy(frame, stride * y, canvas, 3 * ((top + y) * width + left), stride);
        }
        return canvas;
    }

    /// Walks the chunks once: sizes, first picture, frames, EXIF.
    private static final class Scanner {
        final Bytes file;
        int height;
        int width;
        int top;
        int left;
        int frames;
        int orientation = 1;
        boolean animated;
        long picture = -1; // offset of the first VP8 or VP8L chunk

        Scanner(Bytes file) throws CorruptPictureException {
            this.file = file.slice(0, 8 + file.u32(4));
        }

        void scan() throws CorruptPictureException {
            long at = 12;
            while (at < file.length()) {
                long length = file.u32(at + 4);
                file.index(at + 8, length);
                chunk(at, length);
                at += 8 + length + (length & 1);
            }
            if (picture < 0) {
                throw new CorruptPictureException("a WebP with a picture", "none");
            }
            checkSize();
        }

        private void chunk(long at, long length) throws CorruptPictureException {
            if (file.says(at, "VP8X")) {
                animated = (file.u8(at + 8) & ANIMATED) != 0;
                width = 1 + file.u24(at + 12);
                height = 1 + file.u24(at + 15);
            } else if (file.says(at, "EXIF")) {
                orientation = TiffDirectory.orientation(file.slice(at + 8, length));
            } else if (animated && file.says(at, "ANMF")) {
                if (frames++ == 0) {
                    left = 2 * file.u24(at + 8);
                    top = 2 * file.u24(at + 11);
                    findPicture(at + 24, at + 8 + length);
                }
            } else if (!animated && picture < 0) {
                findPicture(at, at + 8 + length);
            }
        }

        private void findPicture(long begin, long end) throws CorruptPictureException {
            long at = begin;
            while (picture < 0 && at < end) {
                if (file.says(at, "VP8 ") || file.says(at, "VP8L")) {
                    picture = at;
                }
                long length = file.u32(at + 4);
                file.index(at + 8, length);
                at += 8 + length + (length & 1);
            }
        }

        private void checkSize() throws CorruptPictureException {
            boolean lossless = file.says(picture, "VP8L");
            long packed = lossless ? file.u32(picture + 9) : 0;
            int frameWidth = lossless ? 1 + (int) (packed & 0x3fff) : file.u16(picture + 14) & 0x3fff;
            int frameHeight = lossless ? 1 + (int) (packed >> 14 & 0x3fff) : file.u16(picture + 16) & 0x3fff;
            boolean simple = width == 0;
            width = simple ? frameWidth : width;
            height = simple ? frameHeight : height;
            boolean fits = animated
                    ? (long) left + frameWidth <= width && (long) top + frameHeight <= height
                    : frameWidth == width && frameHeight == height;
            if (!fits || frameWidth == 0 || frameHeight == 0) {
                throw new CorruptPictureException(
                        "a frame that fits its canvas of " + width + " x " + height,
                        frameWidth + " x " + frameHeight + " at " + left + ", " + top);
            }
        }

        // The picture chunk alone in a simple file.
        byte[] bare() throws CorruptPictureException {
            int length = (int) file.u32(picture + 4);
            int even = length + (length & 1);
            ByteArrayOutputStream bare = new ByteArrayOutputStream(20 + even);
            bare.write(file.array(), 0, 4);
            for (int shift = 0; shift < 32; shift += 8) {
                bare.write((12 + even) >> shift);
            }
            bare.write(file.array(), 8, 4);
            bare.write(file.array(), file.index(picture, 8L + length), 8 + length);
            if (even > length) {
                bare.write(0);
            }
            return bare.toByteArray();
        }
    }
}
