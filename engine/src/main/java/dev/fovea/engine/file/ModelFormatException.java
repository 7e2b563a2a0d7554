package dev.fovea.engine.file;

import java.nio.file.Path;

/// A file of a model that is not what it has to be. The message names the file, what was expected and what was found.
public final class ModelFormatException extends RuntimeException {
    public ModelFormatException(Path file, String expected, String found) {
        super(message(file, expected, found));
    }

    public ModelFormatException(Path file, String expected, String found, Throwable cause) {
        super(message(file, expected, found), cause);
    }

    private static String message(Path file, String expected, String found) {
        return file + ": expected " + expected + ", found " + found;
    }
}
