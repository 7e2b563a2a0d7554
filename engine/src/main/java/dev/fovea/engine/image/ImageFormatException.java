package dev.fovea.engine.image;

/// An image file that cannot be read: damaged, truncated, larger than the limits or of an unknown format.
public final class ImageFormatException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// @param name which file, as the caller calls it
    public ImageFormatException(String name, String expected, String found) {
        super(name + ": expected " + expected + ", found " + found);
    }

    public ImageFormatException(String name, String expected, String found, Throwable cause) {
        super(name + ": expected " + expected + ", found " + found, cause);
    }
}
