package dev.fovea.engine.image.codec;

import java.util.HexFormat;

/// One image file whose header has been read and checked; no pixel has been decoded yet.
public sealed interface EncodedPicture permits Bmp, Gif, Jpeg, Png, Tiff, Webp {
    /// What the format is called in messages.
    String format();

    /// Rows of the picture as stored, before any rotation.
    int height();

    int width();

    /// How many frames or pages the file holds; only the first is ever decoded.
    int frames();

    /// The EXIF orientation, 1 to 8; 1 where there is none or it makes no sense.
    int orientation();

    /// Whether Pillow applies the orientation already when it loads the pixels.
    default boolean turnsOnLoading() {
        return false;
    }

    /// Decodes the first frame.
    ///
    /// @return `[height, width, 3]`, as PIL's `convert("RGB")` of the same file
    byte[] rgb() throws CorruptPictureException;

    /// Recognises the format by its first bytes and reads the header.
    static EncodedPicture open(byte[] file) throws CorruptPictureException {
        Bytes bytes = Bytes.bigEndian(file);
        if (bytes.says(0, "\377\330\377")) {
            return Jpeg.open(file);
        } else if (bytes.says(0, "\211PNG\r\n\032\n")) {
            return Png.open(file);
        } else if (bytes.says(0, "GIF87a") || bytes.says(0, "GIF89a")) {
            return Gif.open(file);
        } else if (bytes.says(0, "BM")) {
            return Bmp.open(file);
        } else if (bytes.says(0, "II*\0") || bytes.says(0, "MM\0*")) {
            return Tiff.open(file);
        } else if (bytes.says(0, "RIFF") && bytes.says(8, "WEBP")) {
            return Webp.open(file);
        }
        throw new CorruptPictureException("a JPEG, PNG, GIF, BMP, TIFF or WebP image", nameOf(bytes));
    }

    private static String nameOf(Bytes bytes) throws CorruptPictureException {
        if (bytes.length() == 0) {
            return "an empty file";
        } else if (bytes.says(4, "ftyp") && bytes.has(8, 4)) {
            String brand = bytes.text(8, 4);
            return switch (brand) {
                case "avif", "avis" -> "AVIF, which is not supported";
                case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1" -> "HEIC, which is not supported";
                default -> "an ISO media file of brand '" + brand + "'";
            };
        } else if (bytes.says(0, "\377\012") || bytes.says(4, "JXL ")) {
            return "JPEG XL, which is not supported";
        } else if (bytes.says(4, "jP  ") || bytes.says(0, "\377\117\377\121")) {
            return "JPEG 2000, which is not supported";
        } else if (bytes.says(0, "II+\0") || bytes.says(0, "MM\0+")) {
            return "BigTIFF, which is not supported";
        } else if (bytes.says(0, "%PDF")) {
            return "a PDF document";
        }
        int shown = Math.min(8, bytes.length());
        return "bytes " + HexFormat.ofDelimiter(" ").formatHex(bytes.array(), 0, shown);
    }
}
