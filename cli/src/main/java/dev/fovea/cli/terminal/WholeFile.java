package dev.fovea.cli.terminal;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Writes a file wholly or not at all.
public final class WholeFile {
    private WholeFile() {}

    /// What a file is to hold.
    public interface Content {
        void write(OutputStream out) throws IOException;
    }

    /// Missing directories are found before any work is done for the file.
    public static void requireDirectory(Path file) {
        Path directory = directory(file);
        if (!Files.isDirectory(directory) || Files.isDirectory(file)) {
            throw new IllegalArgumentException(file + ": expected a file in an existing directory, found "
                    + (Files.isDirectory(file) ? "a directory" : "no directory " + directory));
        }
    }

    private static Path directory(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? file.toAbsolutePath() : parent;
    }

    /// Writes beside the file, then moves into its place.
    public static void write(Path file, Content content) {
        Path beside = directory(file)
                .resolve(
                        "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(beside))) {
                content.write(out);
            }
            move(beside, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            try {
                Files.deleteIfExists(beside);
            } catch (IOException _) {
                // what stopped the writing is the failure to report
            }
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
