package dev.fovea.engine.image.codec;

/// A picture that cannot be decoded; the caller adds which file it was.
public final class CorruptPictureException extends Exception {
    private static final long serialVersionUID = 1;

    private final String expected;
    private final String found;

    public CorruptPictureException(String expected, String found) {
        super("expected " + expected + ", found " + found);
        this.expected = expected;
        this.found = found;
    }

    public CorruptPictureException(String expected, String found, Throwable cause) {
        super("expected " + expected + ", found " + found, cause);
        this.expected = expected;
        this.found = found;
    }

    public String expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}
