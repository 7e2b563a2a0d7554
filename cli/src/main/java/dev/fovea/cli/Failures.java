package dev.fovea.cli;

import dev.fovea.cli.terminal.Terminal;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns every failure into one line and an exit code.
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final Terminal terminal;
    private boolean traces;

    Failures(Terminal terminal) {
        this.terminal = terminal;
    }

    /// Whether stack traces are shown.
    void showTraces(boolean on) {
        traces = on;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        return report(message(e) + hint(command), e, ExitCode.USAGE);
    }

    private static String hint(CommandLine command) {
        return " (see `" + command.getCommandSpec().qualifiedName() + " --help`)";
    }

    /// The engine says `IllegalArgumentException` when its caller, here the user, asks for something it cannot mean.
    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        return e instanceof IllegalArgumentException
                ? report(message(e) + hint(command), e, ExitCode.USAGE)
                : report(message(e), e, ExitCode.SOFTWARE);
    }

    int report(Throwable e) {
        return report(message(e), e, ExitCode.SOFTWARE);
    }

    private int report(String message, Throwable e, int code) {
        if (traces) {
            e.printStackTrace(terminal.err());
        }
        terminal.err().println("fovea: " + message.strip().replaceAll("\\s*\\R\\s*", "; "));
        return code;
    }

    /// What was wrong with the command, expected and found.
    private static String message(ParameterException e) {
        return switch (e) {
            case UnmatchedArgumentException unmatched -> unmatched(unmatched);
            case MissingParameterException missing
            when !missing.getMissing().isEmpty() -> "expected " + names(missing.getMissing()) + ", found none";
            default -> {
                ArgSpec argument = e.getArgSpec();
                String value = e.getValue();
                yield argument == null || value == null
                        ? String.valueOf(e.getMessage())
                        : names(List.of(argument)) + ": expected " + kind(argument) + ", found " + value;
            }
        };
    }

    private static String unmatched(UnmatchedArgumentException e) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        String found = e.getUnmatched().getFirst();
        if (!found.startsWith("-") && !command.getSubcommands().isEmpty()) {
            return "expected a command, one of "
                    + String.join(", ", command.getSubcommands().keySet()) + ", found " + found;
        }
        List<String> suggestions = e.getSuggestions();
        return "expected " + (found.startsWith("-") ? "an option of " : "no further argument of ") + name + ", found "
                + found + (suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?");
    }

    private static String names(List<ArgSpec> arguments) {
        return arguments.stream()
                .map(argument -> argument instanceof CommandLine.Model.OptionSpec option
                        ? option.longestName() + " " + argument.paramLabel()
                        : argument.paramLabel())
                .collect(Collectors.joining(", "));
    }

    private static String kind(ArgSpec argument) {
        boolean wrapped = argument.isMultiValue() || argument.type() == Optional.class;
        Class<?> type = wrapped ? argument.auxiliaryTypes()[0] : argument.type();
        if (type.isEnum()) {
            return Stream.of(type.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(" or "));
        }
        if (Map.class.isAssignableFrom(argument.type())) {
            return "name=value";
        }
        if (type == int.class || type == long.class) {
            return "a whole number";
        }
        return type == double.class ? "a number" : "a value of another form";
    }

    /// What went wrong while the command ran.
    private static String message(Throwable e) {
        String message = e.getMessage();
        return switch (e) {
            case UncheckedIOException wrapped when wrapped.getCause() != null -> message(wrapped.getCause());
            case NoSuchFileException missing -> missing.getFile() + ": expected a file, found none";
            case AccessDeniedException denied -> denied.getFile() + ": expected access, found it denied";
            case FileSystemException file -> file.getFile() + ": " + file.getReason();
            case OutOfMemoryError memory ->
                "memory: expected it to fit in a heap of "
                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB, found " + memory.getMessage()
                        + "; set FOVEA_JAVA_OPTS=-Xmx… to allow more";
            case NullPointerException bug -> "internal error: " + bug + "; --debug shows where";
            default -> message == null ? e.toString() : message;
        };
    }
}
