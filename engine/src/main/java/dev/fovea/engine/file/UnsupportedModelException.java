package dev.fovea.engine.file;

import java.nio.file.Path;

/// A sound model file that Fovea does not serve; names what was found and what is supported.
public final class UnsupportedModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Path file;

    public UnsupportedModelException(Path file, String found, String supported) {
        super(Excerpt.of(file.toString()) + ": found " + Excerpt.of(found) + "; supported: " + Excerpt.of(supported));
        this.file = file;
    }

    /// The file or directory that says so.
    public Path file() {
        return file;
    }
}
