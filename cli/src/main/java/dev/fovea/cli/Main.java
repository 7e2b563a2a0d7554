package dev.fovea.cli;

import dev.fovea.cli.bench.BenchCommand;
import dev.fovea.cli.terminal.QuietLogs;
import dev.fovea.cli.terminal.Terminal;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ScopeType;

/// The entry of the command line.
///
/// Exit codes: 0 when all went well, 1 when something failed, 2 when the command was not understood.
@Command(
        name = "fovea",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        header = "Ask a vision-language model about high-resolution pictures, with all visual tokens or the best few.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  fovea ask --model llava-v1.6-mistral-7b-hf --image receipt.png \"What is the total?\"",
            "  fovea ask --model llava-v1.6-mistral-7b-hf --image receipt.png \\",
            "      --method hired --budget 0.2 \"What is the total?\"",
            "  fovea inspect --model llava-v1.6-mistral-7b-hf --image receipt.png \\",
            "      --method hired --budget 0.2 --out kept.png",
            "  fovea bench --shape llava-next-tiny --methods none,hired --budgets 1,0.4,0.2",
            "  fovea eval --task hr-mini --methods none,hired,random --budgets 0.1,0.2 --out report",
            "",
            "`fovea COMMAND --help` explains each command. Exit codes: 0 done, 1 failed, 2 not understood.",
            "Environment: FOVEA_JAVA_OPTS adds options for the Java virtual machine, such as -Xmx8g."
        })
public final class Main {
    private final Terminal terminal;
    private final Failures failures;

    private Main(Terminal terminal) {
        this.terminal = terminal;
        this.failures = new Failures(terminal);
    }

    @CommandLine.Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show where in the program a failure arose, and what it logs.")
    void debug(boolean on) {
        failures.showTraces(on);
        QuietLogs.showAll(on);
    }

    /// Runs a command in a process of its own.
    public static void main(String[] args) {
        System.exit(run(Terminal.standard(), args));
    }

    /// Runs a command and returns its exit code.
    static int run(Terminal terminal, String... args) {
        QuietLogs.showAll(false);
        Main main = new Main(terminal);
        try {
            int code = commands(main).execute(args);
            if (terminal.out().checkError() && code == CommandLine.ExitCode.OK) {
                terminal.err().println("fovea: standard output: expected to be writable, found it closed or full");
                return CommandLine.ExitCode.SOFTWARE;
            }
            return code;
        } catch (OutOfMemoryError | StackOverflowError e) { // picocli passes errors on
            return main.failures.report(e);
        }
    }

    /// The commands, for whoever wants to parse without running.
    static CommandLine commands(Terminal terminal) {
        return commands(new Main(terminal));
    }

    private static CommandLine commands(Main main) {
        Terminal terminal = main.terminal;
        CommandLine commands = new CommandLine(main)
                .addSubcommand(new AskCommand(terminal))
                .addSubcommand(new ChatCommand(terminal))
                .addSubcommand(new InspectCommand(terminal))
                .addSubcommand(new TokenizeCommand(terminal))
                .addSubcommand(new QuantizeCommand(terminal))
                .addSubcommand(new BenchCommand(terminal))
                .addSubcommand(new EvalCommand(terminal))
                .addSubcommand(new CommandLine.HelpCommand());
        return commands.setCaseInsensitiveEnumValuesAllowed(true)
                .setOverwrittenOptionsAllowed(false)
                .setUsageHelpWidth(100)
                .setUsageHelpLongOptionsMaxWidth(30)
                .setOut(writer(terminal.out()))
                .setErr(writer(terminal.err()))
                .setColorScheme(Help.defaultColorScheme(terminal.colors() ? Help.Ansi.ON : Help.Ansi.OFF))
                .setParameterExceptionHandler(main.failures)
                .setExecutionExceptionHandler(main.failures)
                .setExecutionStrategy(Main::execute);
    }

    private static PrintWriter writer(PrintStream out) {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
    }

    /// `fovea` alone is a question about what it can do.
    private static int execute(CommandLine.ParseResult parsed) {
        Integer help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        if (!parsed.hasSubcommand()) {
            CommandLine commands = parsed.commandSpec().commandLine();
            throw new CommandLine.ParameterException(
                    commands,
                    "expected a command, one of "
                            + String.join(", ", commands.getSubcommands().keySet()) + ", found none");
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    /// What `--version` says.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {
                "fovea " + (version == null ? "(from class files)" : version), "Java " + Runtime.version()
            };
        }
    }
}
