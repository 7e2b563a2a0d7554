package dev.fovea.cli.terminal;

import java.text.MessageFormat;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/// What the program logs, as lines of its own: warnings always, the rest on demand.
///
/// Found as a service; the JDK's own logging would take longer to start than most commands run.
public final class QuietLogs extends System.LoggerFinder {
    private static final String ALL = "fovea.log.all";

    /// Shows everything that the program logs from now on.
    public static void showAll(boolean on) {
        System.setProperty(ALL, Boolean.toString(on));
    }

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new Line(name);
    }

    private record Line(String name) implements System.Logger {
        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            Level least =
                    name.startsWith("dev.fovea") ? Boolean.getBoolean(ALL) ? Level.DEBUG : Level.WARNING : Level.ERROR;
            return level.getSeverity() >= least.getSeverity() && level != Level.OFF;
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                System.err.println("fovea: " + message + (thrown == null ? "" : ": " + thrown));
            }
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String format, @Nullable Object... values) {
            if (isLoggable(level) && format != null) {
                System.err.println(
                        "fovea: " + (values.length == 0 ? format : new MessageFormat(format).format(values)));
            }
        }
    }
}
