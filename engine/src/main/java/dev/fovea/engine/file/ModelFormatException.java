package dev.fovea.engine.file;

import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A model file that is missing, broken or lies about itself; names the file, what was expected and what was found.
///
/// Text that comes from the file is made printable and cut short, so that a message never carries control characters
/// or megabytes.
public final class ModelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final long NOWHERE = -1;

    private final transient Path file;
    private final String expected;
    private final String found;
    private final long offset;

    public ModelFormatException(Path file, String expected, String found) {
        this(file, NOWHERE, expected, found, null);
    }

    public ModelFormatException(Path file, String expected, String found, Throwable cause) {
        this(file, NOWHERE, expected, found, cause);
    }

    /// A fault at byte `offset` of the file.
    public ModelFormatException(Path file, long offset, String expected, String found) {
        this(file, offset, expected, found, null);
    }

    /// A fault at byte `offset` of the file; a negative offset stands for "no particular place".
    ModelFormatException(Path file, long offset, String expected, String found, @Nullable Throwable cause) {
        super(
                Excerpt.of(file.toString()) + (offset < 0 ? "" : ", byte " + offset) + ": expected "
                        + Excerpt.of(expected) + ", found " + Excerpt.of(found),
                cause);
        this.file = file;
        this.expected = Excerpt.of(expected);
        this.found = Excerpt.of(found);
        this.offset = offset;
    }

    public Path file() {
        return file;
    }

    /// Where in the file, when the fault has one place.
    public OptionalLong offset() {
        return offset < 0 ? OptionalLong.empty() : OptionalLong.of(offset);
    }

    public String expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}
