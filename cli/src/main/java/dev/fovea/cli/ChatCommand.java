package dev.fovea.cli;

import dev.fovea.cli.options.EngineChoices;
import dev.fovea.cli.options.MethodChoices;
import dev.fovea.cli.options.ModelChoice;
import dev.fovea.cli.options.PromptChoices;
import dev.fovea.cli.options.SamplingChoices;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.tokenizer.ChatFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `fovea chat`: question after question about the same images.
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Ask question after question; a follow-up costs no vision work.",
        description = {
            "",
            "Reads one question per line. Lines that begin with a slash are commands:",
            "  /image FILE     shows an image with the next question",
            "  /method M       another reduction method; begins anew with the same images",
            "  /budget B       another budget; begins anew with the same images",
            "  /new            begins anew, without images",
            "  /help, /quit",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  fovea chat --model DIR --image receipt.png --method hired --budget 0.2",
            "  printf 'What is the total?\\nAnd the tax?\\n' | fovea chat --model DIR --image receipt.png",
            "  One JSON object per answer:",
            "    fovea chat --model DIR --image receipt.png --json < questions.txt"
        })
final class ChatCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private ModelChoice model = new ModelChoice();

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description = "An image for the first question; repeat it for more.")
    private List<Path> images = new ArrayList<>();

    @Mixin
    private MethodChoices method = new MethodChoices();

    @Mixin
    private SamplingChoices sampling = new SamplingChoices();

    @Option(
            names = "--chat",
            paramLabel = "FORMAT",
            description = "The conversation format, such as mistral_instruct; the checkpoint's own by default.")
    private Optional<String> chat = Optional.empty();

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Positions that the conversation may take (default: the model's, at most 16384).")
    private int context;

    @Mixin
    private EngineChoices engineChoices = new EngineChoices();

    @Option(names = "--json", description = "Print one JSON object per answer, as ask does, instead of the text.")
    private boolean json;

    ChatCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        MethodChoices.Choice choice = method.choice();
        choice.reduction(); // mistakes show before anything is loaded
        Sampling choices = sampling.sampling();
        chat.ifPresent(ChatFormat::named);
        EngineOptions options = engineChoices.options(chat);
        PromptChoices.requireFiles(images);
        try (ProgressLine progress = new ProgressLine(terminal, json)) {
            progress.say("loading " + model);
            try (Engine engine = model.load(options);
                    Conversation conversation = new Conversation(
                            terminal,
                            progress,
                            engine,
                            new Conversation.Manner(model.toString(), choices, context, json),
                            choice)) {
                images.forEach(conversation::show);
                progress.clear();
                conversation.run();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ExitCode.OK;
    }
}
