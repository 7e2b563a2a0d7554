package dev.fovea.cli;

import dev.fovea.cli.options.BlockFormat;
import dev.fovea.cli.report.Numbers;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.cli.terminal.WholeFile;
import dev.fovea.engine.family.QuantizedFile;
import dev.fovea.kernel.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/// `fovea quantize`: a model with smaller weights, once for all.
@Command(
        name = "quantize",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Write a model with weights of eight or four bits.",
        description = {
            "",
            "Rounds the matrices of the language model, the head never below q8_0; tower and projector stay as they",
            "are. A checkpoint directory becomes one GGUF file with everything in it, for Fovea alone. A language",
            "model's GGUF file becomes another for the same projector file.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  A checkpoint as one file, and a question to it:",
            "    fovea quantize --model DIR --weights q4_0 --out model-q4.gguf",
            "    fovea ask --model model-q4.gguf --image receipt.png \"What is the total?\"",
            "  A language model's file, used with the projector file it had:",
            "    fovea quantize --model model-f16.gguf --weights q8_0 --out model-q8.gguf",
            "    fovea ask --model model-q8.gguf --mmproj mmproj.gguf --image receipt.png \"What is the total?\""
        })
final class QuantizeCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--model",
            paramLabel = "PATH",
            required = true,
            description = "A checkpoint directory in Hugging Face layout, or a language model's GGUF file.")
    private Path model = Path.of("");

    @Option(names = "--weights", paramLabel = "TYPE", required = true, description = "q8_0 or q4_0.")
    private BlockFormat weights = BlockFormat.Q8_0;

    @Option(
            names = "--out",
            paramLabel = "FILE.gguf",
            required = true,
            description = "Where to write; the file is there wholly or not at all.")
    private Path out = Path.of("");

    @Option(names = "--threads", paramLabel = "N", description = "Threads that round; all processors by default.")
    private int threads = Runtime.getRuntime().availableProcessors();

    QuantizeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        WholeFile.requireDirectory(out);
        try {
            if (Files.exists(out) && Files.exists(model) && Files.isSameFile(out, model)) {
                throw new IllegalArgumentException("--out: expected another file than --model, found " + out);
            }
            if (threads < 1) {
                throw new IllegalArgumentException("--threads: expected at least 1, found " + threads);
            }
            try (Workers workers = new Workers(threads);
                    ProgressLine progress = new ProgressLine(terminal, true)) {
                progress.say("writing " + out);
                WholeFile.write(out, stream -> QuantizedFile.write(model, weights.format(), workers, stream));
                progress.clear();
            }
            terminal.out().println("wrote " + out + ", " + Numbers.memory(Files.size(out)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ExitCode.OK;
    }
}
