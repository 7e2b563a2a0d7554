package dev.fovea.engine.image.codec;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/// Decoded rasters to 8-bit RGB, sample by sample.
///
/// `BufferedImage.getRGB` is never asked: it converts through colour spaces, and treats grey as linear light.
///
/// - One or two bands are grey, with or without alpha: the grey is replicated.
/// - Three or more bands are red, green, blue: what follows, alpha, is dropped without compositing.
/// - Palettes are looked up; an index past the end of the palette is black.
/// - 16-bit samples keep their high byte, which is what Pillow does with 16-bit colour. Unlike Pillow, which clips
///   16-bit grey at 255, grey is treated in the same way.
final class Rasters {
    private Rasters() {}

    /// @return `[height, width, 3]`
    static byte[] rgb(BufferedImage image) throws CorruptPictureException {
        Raster raster = image.getRaster();
        if (image.getColorModel() instanceof IndexColorModel palette) {
            int[] colors = new int[palette.getMapSize()];
            palette.getRGBs(colors);
            return lookUp(raster, colors);
        }
        return rgb(raster);
    }

    /// @param colors `0xRRGGBB` for each index
    /// @return `[height, width, 3]`
    static byte[] lookUp(Raster raster, int[] colors) {
        int width = raster.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, raster.getHeight()))];
        int[] row = new int[width]; // [width]
        int to = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (int index : row) {
                int color = index < colors.length ? colors[index] : 0;
                rgb[to++] = (byte) (color >> 16);
                rgb[to++] = (byte) (color >> 8);
                rgb[to++] = (byte) color;
            }
        }
        return rgb;
    }

    /// @return `[height, width, 3]`
    static byte[] rgb(Raster raster) throws CorruptPictureException {
        byte[] samples = samples(raster, raster.getNumBands() < 3 ? 1 : 3);
        return raster.getNumBands() < 3 ? replicate(samples) : samples;
    }

    /// The first `bands` bands in 8 bits. The raster's own array where it already is in that order.
    ///
    /// @return `[height, width, bands]`
    static byte[] samples(Raster raster, int bands) throws CorruptPictureException {
        int type = raster.getTransferType();
        if (type != DataBuffer.TYPE_BYTE && type != DataBuffer.TYPE_USHORT && type != DataBuffer.TYPE_INT) {
            throw new CorruptPictureException("unsigned samples of at most 16 bits", "sample type " + type);
        }
        int length = Math.multiplyExact(bands, Math.multiplyExact(raster.getWidth(), raster.getHeight()));
        return raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                        && raster.getDataBuffer() instanceof DataBufferByte buffer
                        && inOrder(raster, model, bands)
                        && buffer.getOffset() == 0
                        && buffer.getData().length == length
                ? buffer.getData()
                : copy(raster, bands, length);
    }

    private static boolean inOrder(Raster raster, PixelInterleavedSampleModel model, int bands) {
        int[] offsets = model.getBandOffsets();
        for (int b = 0; b < offsets.length; b++) {
            if (offsets[b] != b) {
                return false;
            }
        }
        return offsets.length == bands
                && model.getPixelStride() == bands
                && model.getScanlineStride() == bands * raster.getWidth()
                && raster.getMinX() == raster.getSampleModelTranslateX()
                && raster.getMinY() == raster.getSampleModelTranslateY();
    }

    private static byte[] copy(Raster raster, int bands, int length) throws CorruptPictureException {
        int width = raster.getWidth();
        byte[] to = new byte[length];
        int[] row = new int[width]; // [width]
        for (int b = 0; b < bands; b++) {
            int bits = raster.getSampleModel().getSampleSize(b);
            if (bits > 16) {
                throw new CorruptPictureException("unsigned samples of at most 16 bits", bits + " bits");
            }
            int most = (1 << bits) - 1;
            for (int y = 0, at = b; y < raster.getHeight(); y++) {
                raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, b, row);
                for (int x = 0; x < width; x++, at += bands) {
                    to[at] = (byte) (bits >= 8 ? row[x] >> (bits - 8) : row[x] * 255 / most);
                }
            }
        }
        return to;
    }

    /// One colour everywhere.
    ///
    /// @param color `0xRRGGBB`
    /// @return `[height, width, 3]`
    static byte[] filled(int height, int width, int color) {
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))];
        for (int i = 0; color != 0 && i < rgb.length; i += 3) {
            rgb[i] = (byte) (color >> 16);
            rgb[i + 1] = (byte) (color >> 8);
            rgb[i + 2] = (byte) color;
        }
        return rgb;
    }

    /// @param grey `[pixels]`
    /// @return `[pixels, 3]`
    static byte[] replicate(byte[] grey) {
        byte[] rgb = new byte[Math.multiplyExact(3, grey.length)];
        for (int from = 0, to = 0; from < grey.length; from++, to += 3) {
            rgb[to] = grey[from];
            rgb[to + 1] = grey[from];
            rgb[to + 2] = grey[from];
        }
        return rgb;
    }
}
