package dev.fovea.engine.image.codec;

/// The first frame of a GIF file on its canvas.
///
/// ```text
/// "GIF87a" or "GIF89a" | width u16 | height u16 | flags u8 | background u8 | aspect u8 | global palette
/// extension   21 | label u8 | sub-blocks            sub-blocks   (length u8 | bytes) … | 00
/// frame       2C | left, top, width, height u16 | flags u8 | palette | code size u8 | sub-blocks
/// end         3B                                    flags   80 palette follows, its entries 2^(1 + low 3 bits)
/// ```
/// As in Pillow the canvas grows to hold the frame, and what the frame leaves free has the transparent colour's index,
/// or index 0.
final class Gif implements EncodedPicture {
    private static final int HEADER = 13;
    // No code stands for more than 4096 pixels or has fewer than 3 bits.
    private static final long MOST_INFLATION = 3 * 4096;
    private static final int INTERLACED = 0x40;

    private final Bytes file;
    private final int height; // of the canvas
    private final int width;
    private final int frames;
    private final long frame; // offset of the first frame's 2C
    private final int background; // index

    private Gif(Bytes file, long frame, long frameEnd, int background) throws CorruptPictureException {
        this.file = file;
        this.frame = frame;
        this.background = background;
        this.width = Math.max(file.u16(6), file.u16(frame + 1) + file.u16(frame + 5));
        this.height = Math.max(file.u16(8), file.u16(frame + 3) + file.u16(frame + 7));
        this.frames = 1 + framesAfter(frameEnd);
    }

    static Gif open(byte[] array) throws CorruptPictureException {
        Bytes file = Bytes.littleEndian(array);
        long at = HEADER + (long) paletteBytes(file.u8(10));
        int background = 0;
        while (true) {
            int block = file.u8(at);
            if (block == 0x21) {
                boolean control = file.u8(at + 1) == 0xf9 && file.u8(at + 2) >= 4 && (file.u8(at + 3) & 1) != 0;
                background = control ? file.u8(at + 6) : background;
                at = subBlocksEnd(file, at + 2);
            } else if (block == 0x2c) {
                long end = frameEnd(file, at);
                long pixels = (long) file.u16(at + 5) * file.u16(at + 7);
                if (pixels == 0 || pixels > MOST_INFLATION * (end - at)) {
                    throw new CorruptPictureException("data for " + pixels + " pixels", (end - at) + " bytes");
                }
                return new Gif(file, at, end, background);
            } else if (block == 0x3b) {
                throw new CorruptPictureException("a GIF with a frame", "none");
            } else {
                at++; // stray bytes between blocks are skipped, as Pillow does
            }
        }
    }

    private static int paletteBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 6 << (flags & 7);
    }

    private static long subBlocksEnd(Bytes file, long begin) throws CorruptPictureException {
        long at = begin;
        while (file.u8(at) != 0) {
            at += 1 + file.u8(at);
        }
        return at + 1;
    }

    private static long frameEnd(Bytes file, long frame) throws CorruptPictureException {
        return subBlocksEnd(file, frame + 11 + paletteBytes(file.u8(frame + 9)));
    }

    // Damage after the first frame is none of our business: it only ends the count.
    private int framesAfter(long begin) {
        int count = 0;
        try {
            long at = begin;
            while (file.u8(at) != 0x3b) {
                int block = file.u8(at);
                at = block == 0x2c ? frameEnd(file, at) : block == 0x21 ? subBlocksEnd(file, at + 2) : at + 1;
                count += block == 0x2c ? 1 : 0;
            }
        } catch (CorruptPictureException e) {
            return count;
        }
        return count;
    }

    @Override
    public String format() {
        return "GIF";
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
        return 1;
    }

    @Override
    public byte[] rgb() throws CorruptPictureException {
        int frameWidth = file.u16(frame + 5);
        int frameHeight = file.u16(frame + 7);
        int flags = file.u8(frame + 9);
        byte[] indices = new Lzw(file, frame + 10 + paletteBytes(flags)).decode(frameHeight * frameWidth);
        int[] colors = palette();
        byte[] rgb = Rasters.filled(height, width, colors[background]);
        int[] order = (flags & INTERLACED) == 0 ? new int[] {0, 1} : new int[] {0, 8, 4, 8, 2, 4, 1, 2};
        int from = 0;
        for (int pass = 0; pass < order.length; pass += 2) {
            for (int y = order[pass]; y < frameHeight; y += order[pass + 1]) {
                int to = 3 * ((file.u16(frame + 3) + y) * width + file.u16(frame + 1));
                for (int x = 0; x < frameWidth; x++, to += 3) {
                    int color = colors[indices[from++] & 0xff];
                    rgb[to] = (byte) (color >> 16);
                    rgb[to + 1] = (byte) (color >> 8);
                    rgb[to + 2] = (byte) color;
                }
            }
        }
        return rgb;
    }

    // [256] as 0xRRGGBB: the frame's palette, else the global one, else grey. Past the end of a palette is black.
    private int[] palette() throws CorruptPictureException {
        int local = paletteBytes(file.u8(frame + 9));
        int global = paletteBytes(file.u8(10));
        int[] colors = new int[256];
        long at = local > 0 ? frame + 10 : HEADER;
        int entries = local + global == 0 ? 256 : (local > 0 ? local : global) / 3;
        Bytes redFirst = file.ordered(true);
        for (int i = 0; i < entries; i++) {
            colors[i] = local + global == 0 ? i * 0x010101 : redFirst.u24(at + 3L * i);
        }
        return colors;
    }
}
