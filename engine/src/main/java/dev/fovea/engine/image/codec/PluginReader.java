package dev.fovea.engine.image.codec;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.ServiceLoader;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStreamImpl;

/// Runs an ImageIO reader over bytes in memory and turns whatever it throws into one exception.
///
/// The JDK's own readers are asked for by where they come from, so other plug-ins on the class path cannot change what
/// a file decodes to; and streams come from memory, so ImageIO's global cache setting plays no part.
final class PluginReader {
    private PluginReader() {}

    @FunctionalInterface
    private interface Reading<T> {
        T apply(ImageReader reader) throws IOException;
    }

    /// The first image of `file`, by the JDK's reader of that format.
    static BufferedImage image(String format, byte[] file) throws CorruptPictureException {
        return read(format, jdkReader(format), file, reader -> reader.read(0));
    }

    /// The first image of `file` with its samples as stored: no colour conversion.
    static Raster raster(String format, byte[] file) throws CorruptPictureException {
        return read(format, jdkReader(format), file, reader -> reader.readRaster(0, null));
    }

    /// The first image of `file`, by whichever plug-in this library's class loader offers for the format.
    static BufferedImage imageByPlugin(String format, byte[] file) throws CorruptPictureException {
        Optional<ImageReaderSpi> plugin =
                ServiceLoader.load(ImageReaderSpi.class, PluginReader.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(spi -> reads(spi, format))
                        .findFirst();
        return read(
                format,
                plugin.orElseThrow(() -> new CorruptPictureException(
                        "an ImageIO plug-in for " + format + " on the class path (com.twelvemonkeys.imageio)", "none")),
                file,
                reader -> reader.read(0));
    }

    private static boolean reads(ImageReaderSpi spi, String format) {
        return Arrays.asList(spi.getFormatNames()).contains(format);
    }

    private static ImageReaderSpi jdkReader(String format) throws CorruptPictureException {
        Module desktop = ImageReaderSpi.class.getModule();
        Iterator<ImageReaderSpi> spis = IIORegistry.getDefaultInstance()
                .getServiceProviders(
                        ImageReaderSpi.class,
                        spi -> spi.getClass().getModule() == desktop && reads((ImageReaderSpi) spi, format),
                        false);
        if (!spis.hasNext()) {
            throw new CorruptPictureException("the JDK's reader for " + format, "none registered");
        }
        return spis.next();
    }

    private static <T> T read(String format, ImageReaderSpi spi, byte[] file, Reading<T> reading)
            throws CorruptPictureException {
        ImageReader reader = null;
        try {
            reader = spi.createReaderInstance();
            reader.setInput(new Input(file), true, true);
            return reading.apply(reader);
        } catch (IOException | RuntimeException | InternalError e) {
            // Readers answer damaged files with anything from EOFException to ArrayIndexOutOfBoundsException.
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new CorruptPictureException("intact " + format + " image data", "'" + why + "'", e);
        } finally {
            if (reader != null) {
                reader.dispose();
            }
        }
    }

    private static final class Input extends ImageInputStreamImpl {
        private final byte[] file;

        Input(byte[] file) {
            this.file = file;
        }

        @Override
        public int read() {
            bitOffset = 0;
            return streamPos < file.length ? file[(int) streamPos++] & 0xff : -1;
        }

        @Override
        public int read(byte[] to, int at, int length) {
            bitOffset = 0;
            if (length == 0) {
                return 0;
            } else if (streamPos >= file.length) {
                return -1;
            }
            int count = (int) Math.min(length, file.length - streamPos);
            System.arraycopy(file, (int) streamPos, to, at, count);
            streamPos += count;
            return count;
        }

        @Override
        public long length() {
            return file.length;
        }
    }
}
