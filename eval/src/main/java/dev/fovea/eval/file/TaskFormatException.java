package dev.fovea.eval.file;

import org.jspecify.annotations.Nullable;

/// A task's file that is missing, broken or lies about itself; names the place, what was expected and what was found.
///
/// Text from the file is made printable and cut short, so that a message never carries control characters or pages.
public final class TaskFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Long enough for a path, short enough for a terminal.
    private static final int MAX_CHARS = 300;

    /// @param place the file, and where it has lines also the line
    public TaskFormatException(String place, String expected, String found) {
        this(place, expected, found, null);
    }

    public TaskFormatException(String place, String expected, String found, @Nullable Throwable cause) {
        super(printable(place) + ": expected " + printable(expected) + ", found " + printable(found), cause);
    }

    private static String printable(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), MAX_CHARS) + 16);
        for (int i = 0; i < text.length() && out.length() < MAX_CHARS; i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.length() < MAX_CHARS
                ? out.toString()
                : out.append("… (").append(text.length()).append(" characters)").toString();
    }
}
