package dev.fovea.cli.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The checkout that is being built.
final class Project {
    static final List<String> MODULES = List.of("kernels", "kernels-onednn", "engine", "eval", "cli", "bench");

    private Project() {}

    static Path root() {
        return Path.of(System.getProperty("basedir", "."), "..")
                .toAbsolutePath()
                .normalize();
    }

    /// Files below a directory with a name that ends so; none where the directory is missing.
    static List<Path> files(Path directory, String ending) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sources of all modules.
    ///
    /// @param part `main` or `test`
    static List<Path> sources(String part) {
        return MODULES.stream()
                .flatMap(module -> files(root().resolve(module).resolve("src").resolve(part), ".java").stream())
                .toList();
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A file as messages name it.
    static String name(Path file) {
        return root().relativize(file).toString();
    }
}
