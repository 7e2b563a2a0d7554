package dev.fovea.kernel.onednn;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;

/// oneDNN's shared library in its jar, and as files, since systems load libraries from files only.
///
/// The files are in the user's cache directory or, where that cannot be used, in a temporary one while they are being
/// loaded. A loaded library stays until the JVM ends; loading it again costs nothing.
///
/// @param parts files that belong in one directory; the last is the library, the others are what it needs
record Library(List<Part> parts) {
    private static final System.Logger LOG = System.getLogger(Library.class.getName());

    /// One file.
    ///
    /// @param crc CRC-32 of its bytes, as the jar's own directory states it
    record Part(String name, URL source, long size, long crc) {}

    /// What is in the jar for this system and processor.
    ///
    /// @throws UnsupportedOperationException if there is nothing
    static Library ofThisPlatform(ClassLoader loader) {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch", "");
        String folder = system.replaceAll("\\s.*", "")
                + switch (processor) {
                    case "amd64", "x86_64" -> "-x86_64";
                    case "aarch64" -> "-arm64";
                    default -> "-" + processor;
                };
        List<Part> parts = new ArrayList<>();
        for (String name : List.of("libgomp.so.1", "libdnnl.so.3")) {
            URL source = loader.getResource("org/bytedeco/dnnl/" + folder + "/" + name);
            if (source == null) {
                throw new UnsupportedOperationException("kernels \"onednn\": expected " + name
                        + " of org.bytedeco:dnnl:" + folder + " on the class path, found none");
            }
            parts.add(part(name, source));
        }
        return new Library(List.copyOf(parts));
    }

    private static Part part(String name, URL source) {
        try {
            URLConnection connection = source.openConnection();
            if (connection instanceof JarURLConnection jar) {
                return new Part(
                        name,
                        source,
                        jar.getJarEntry().getSize(),
                        jar.getJarEntry().getCrc());
            }
            CRC32 crc = new CRC32();
            byte[] bytes;
            try (InputStream in = source.openStream()) {
                bytes = in.readAllBytes();
            }
            crc.update(bytes);
            return new Part(name, source, bytes.length, crc.getValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where programs of this user keep what they can make again.
    static Path cacheDirectory(Map<String, String> environment, String home) {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        return (cache.startsWith("/") ? Path.of(cache) : Path.of(home, ".cache")).resolve("fovea");
    }

    /// @param cache the directory that holds one for each version
    /// @throws UnsupportedOperationException where it cannot be loaded; says why
    SymbolLookup load(Path cache) {
        try {
            return open(in(cache.resolve(folder())));
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            LOG.log(Level.INFO, "onednn: {0} cannot serve as cache, because {1}; using a temporary one", cache, e);
            return loadOnce();
        }
    }

    /// From files that are gone as soon as they are loaded.
    private SymbolLookup loadOnce() {
        try {
            Path directory = Files.createTempDirectory("fovea-onednn");
            try {
                return open(in(directory));
            } finally {
                remove(directory);
            }
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            throw new UnsupportedOperationException("kernels \"onednn\": cannot load the library: " + e, e);
        }
    }

    @SuppressWarnings("restricted") // its bytes were checked
    private static SymbolLookup open(Path file) {
        return SymbolLookup.libraryLookup(file, Arena.global());
    }

    /// A directory name that no other version's library has.
    String folder() {
        return String.format(Locale.ROOT, "onednn-%08x", parts.getLast().crc);
    }

    /// Makes the files in `directory`, unless they are there and whole, and returns the library's.
    ///
    /// Safe with other processes that do the same: each file appears whole or not at all.
    Path in(Path directory) throws IOException {
        Files.createDirectories(directory);
        for (Part part : parts) {
            Path file = directory.resolve(part.name);
            if (!isWhole(part, file)) {
                write(part, file);
            }
        }
        return directory.resolve(parts.getLast().name);
    }

    private static void write(Part part, Path file) throws IOException {
        Path unfinished = Files.createTempFile(file.toAbsolutePath().getParent(), part.name, ".part");
        try {
            try (InputStream in = part.source.openStream()) {
                Files.copy(in, unfinished, StandardCopyOption.REPLACE_EXISTING);
            }
            if (!isWhole(part, unfinished)) {
                throw new IOException(part.name + ": expected " + part.size + " bytes with CRC-32 "
                        + Long.toHexString(part.crc) + ", found something else after writing them to "
                        + file.getParent());
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static boolean isWhole(Part part, Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) != part.size) {
            return false;
        }
        CRC32 crc = new CRC32();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            crc.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, part.size));
        }
        return crc.getValue() == part.crc;
    }

    private void remove(Path directory) throws IOException {
        for (Part part : parts) {
            Files.deleteIfExists(directory.resolve(part.name));
        }
        Files.deleteIfExists(directory);
    }
}
