package dev.fovea.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// What a command reads from and writes to; all text is UTF-8.
///
/// @param asks   whether someone types into `in`
/// @param colors whether `out` shows escape sequences
/// @param shows  whether someone watches `err`, so that progress can be drawn there
public record Terminal(InputStream in, PrintStream out, PrintStream err, boolean asks, boolean colors, boolean shows) {
    /// Which of the file descriptors 0, 1 and 2 are terminals, such as `02`; the launcher knows, Java cannot tell.
    static final String PROPERTY = "fovea.terminals";

    /// The process's own streams.
    public static Terminal standard() {
        String terminals = System.getProperty(PROPERTY, "");
        return new Terminal(
                new FileInputStream(FileDescriptor.in),
                print(FileDescriptor.out),
                print(FileDescriptor.err),
                terminals.contains("0"),
                terminals.contains("1") && System.getenv("NO_COLOR") == null,
                terminals.contains("2"));
    }

    private static PrintStream print(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}
