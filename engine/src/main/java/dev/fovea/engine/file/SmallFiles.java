package dev.fovea.engine.file;

import java.nio.file.Files;
import java.nio.file.Path;

/// The small files of a checkpoint by name, such as `config.json`: those of a directory, or copies of them that a GGUF
/// file of Fovea's own carries as values of its keys.
public interface SmallFiles {
    /// What a GGUF file's key for a small file begins with; the file's name follows.
    String KEY = "fovea.file.";

    boolean has(String name);

    /// The content of a file, at most `max` bytes.
    byte[] read(String name, long max);

    /// Where a file is said to be in messages.
    Path path(String name);

    static SmallFiles in(Path directory) {
        return new SmallFiles() {
            @Override
            public boolean has(String name) {
                return Files.exists(path(name));
            }

            @Override
            public byte[] read(String name, long max) {
                return Json.bytes(path(name), max);
            }

            @Override
            public Path path(String name) {
                return directory.resolve(name);
            }
        };
    }

    static SmallFiles in(GgufMetadata metadata) {
        return new SmallFiles() {
            @Override
            public boolean has(String name) {
                return metadata.has(KEY + name);
            }

            @Override
            public byte[] read(String name, long max) {
                byte[] bytes = metadata.bytes(KEY + name)
                        .orElseThrow(() -> new ModelFormatException(metadata.file(), "key " + KEY + name, "none"));
                if (bytes.length > max) {
                    throw new ModelFormatException(path(name), "at most " + max + " bytes", bytes.length + " bytes");
                }
                return bytes;
            }

            @Override
            public Path path(String name) {
                return metadata.file().resolve(name);
            }
        };
    }
}
