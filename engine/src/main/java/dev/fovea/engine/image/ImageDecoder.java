package dev.fovea.engine.image;

import dev.fovea.engine.image.codec.CorruptPictureException;
import dev.fovea.engine.image.codec.EncodedPicture;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Image files to pixels: JPEG, PNG, GIF, BMP, TIFF and WebP, the first frame of each.
///
/// The pixels are those of PIL's `convert("RGB")`: alpha is dropped without compositing, palettes are looked up, grey
/// is replicated, 16-bit samples keep their high byte (of 16-bit grey, too, which Pillow clips). A truncated file is
/// an error, never a picture with a grey rest. Lossy WebP is the one format whose pixels differ visibly from Pillow's.
public final class ImageDecoder {
    // Twice the longest side that JPEG allows. What a policy needs for padding grows with the longer side.
    private static final int LONGEST_SIDE = 131_072;

    private ImageDecoder() {}

    /// Decodes the bytes of an image file.
    ///
    /// @param name      what messages call the file
    /// @param applyExif whether to turn the picture as its EXIF orientation says: `load_image` of transformers
    ///                  does, the original LLaVA does not; a TIFF is turned always, because Pillow loads it so
    /// @throws ImageFormatException if the file is no image we read, damaged or beyond the limits
    public static RgbImage decode(byte[] file, String name, ImageLimits limits, boolean applyExif) {
        checkBytes(file.length, name, limits);
        try {
            EncodedPicture picture = EncodedPicture.open(file);
            checkSize(picture, name, limits);
            RgbImage stored = new RgbImage(picture.rgb(), picture.height(), picture.width());
            return applyExif || picture.turnsOnLoading() ? stored.upright(picture.orientation()) : stored;
        } catch (CorruptPictureException e) {
            throw new ImageFormatException(name, e.expected(), e.found(), e);
        }
    }

    /// Reads and decodes an image file.
    ///
    /// @throws UncheckedIOException if the file cannot be read at all
    public static RgbImage decode(Path file, ImageLimits limits, boolean applyExif) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            checkBytes(Files.size(file), file.toString(), limits);
            // Of a file that claims another size than it has, or none, one byte more than allowed is read at most.
            bytes = in.readNBytes((int) limits.maxBytes() + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return decode(bytes, file.toString(), limits, applyExif);
    }

    private static void checkBytes(long bytes, String name, ImageLimits limits) {
        if (bytes > limits.maxBytes()) {
            throw new ImageFormatException(name, "at most " + limits.maxBytes() + " bytes", bytes + " or more");
        }
    }

    private static void checkSize(EncodedPicture picture, String name, ImageLimits limits) {
        long pixels = (long) picture.height() * picture.width();
        if (pixels > limits.maxPixels()) {
            throw new ImageFormatException(
                    name,
                    "at most " + limits.maxPixels() + " pixels",
                    picture.width() + " x " + picture.height() + " = " + pixels);
        }
        if (Math.max(picture.height(), picture.width()) > LONGEST_SIDE) {
            throw new ImageFormatException(
                    name, "sides of at most " + LONGEST_SIDE + " pixels", picture.width() + " x " + picture.height());
        }
        if (picture.frames() > limits.maxFrames()) {
            throw new ImageFormatException(
                    name, "at most " + limits.maxFrames() + " frames", Integer.toString(picture.frames()));
        }
    }
}
