package dev.fovea.engine.image.codec;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;

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

    private final Bytes file;
    private final int height; // of the canvas
    private final int width;
    private final int frames;
    private final long frame; // offset of the first frame's 2C
    private final long frameEnd; // past its last sub-block
    private final int background; // index

    private Gif(Bytes file, long frame, long frameEnd, int background) throws CorruptPictureException {
        this.file = file;
        this.frame = frame;
        this.frameEnd = frameEnd;
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
                if (file.u16(at + 5) == 0 || file.u16(at + 7) == 0) {
                    throw new CorruptPictureException("a GIF frame with a size", "none");
                }
                return new Gif(file, at, frameEnd(file, at), background);
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
        Raster raster = PluginReader.image("gif", bare()).getRaster();
        int[] colors = palette();
        byte[] frameRgb = Rasters.lookUp(raster, colors);
        int frameWidth = file.u16(frame + 5);
        int frameHeight = file.u16(frame + 7);
        if (frameRgb.length != 3L * frameWidth * frameHeight) {
            throw new CorruptPictureException(
                    "a frame of " + frameWidth + " x " + frameHeight, raster.getWidth() + " x " + raster.getHeight());
        }
        int fill = background < colors.length ? colors[background] : 0;
        Canvas canvas = new Canvas(height, width, fill);
        canvas.paste(frameRgb, frameWidth, file.u16(frame + 3), file.u16(frame + 1));
        return canvas.rgb();
    }

    // The frame alone, at the corner of a canvas of its own size, with no extensions.
    private byte[] bare() throws CorruptPictureException {
        ByteArrayOutputStream bare = new ByteArrayOutputStream(file.length());
        bare.write(file.array(), 0, 6);
        bare.write(file.array(), file.index(frame + 5, 4), 4);
        bare.write(file.array(), 10, 3 + paletteBytes(file.u8(10)));
        bare.write(0x2c);
        bare.writeBytes(new byte[4]);
        bare.write(file.array(), file.index(frame + 5, frameEnd - frame - 5), (int) (frameEnd - frame - 5));
        bare.write(0x3b);
        return bare.toByteArray();
    }

    // [entries] as 0xRRGGBB: the frame's palette, else the global one, else grey.
    private int[] palette() throws CorruptPictureException {
        int local = paletteBytes(file.u8(frame + 9));
        int global = paletteBytes(file.u8(10));
        int[] colors = new int[local + global == 0 ? 256 : (local > 0 ? local : global) / 3];
        long at = local > 0 ? frame + 10 : HEADER;
        Bytes redFirst = file.ordered(true);
        for (int i = 0; i < colors.length; i++) {
            colors[i] = local + global == 0 ? i * 0x010101 : redFirst.u24(at + 3L * i);
        }
        return colors;
    }
}
