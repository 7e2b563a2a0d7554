package dev.fovea.cli;

import dev.fovea.cli.options.EngineChoices;
import dev.fovea.cli.options.MethodChoices;
import dev.fovea.cli.options.ModelChoice;
import dev.fovea.cli.options.PromptChoices;
import dev.fovea.cli.options.SamplingChoices;
import dev.fovea.cli.report.AnswerReport;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.Generation;
import dev.fovea.engine.Prompt;
import dev.fovea.engine.Session;
import dev.fovea.engine.SessionOptions;
import dev.fovea.engine.TokenSink;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.text.TokenLogprob;
import dev.fovea.engine.tokenizer.ChatFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `fovea ask`: one question, one answer.
@Command(
        name = "ask",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Answer a question about images.",
        description = {
            "",
            "Streams the answer to standard output; then one line on standard error says what it cost.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  The model sees every visual token:",
            "    fovea ask --model DIR --image receipt.png \"What is the total?\"",
            "  The best fifth of them, chosen by HiRED:",
            "    fovea ask --model DIR --image receipt.png --method hired --budget 0.2 \"What is the total?\"",
            "  At most 576, as the authors' code does it, but with the tiles' shares by attention mass:",
            "    fovea ask --model DIR --image receipt.png --method hired --budget 576 \\",
            "        --preset reference --set score=mass \"What is the total?\"",
            "  Chosen after the tower, then half of what is left dropped inside the language model:",
            "    fovea ask --model DIR --image receipt.png --method hired,fastv --set k=3 \"What is the total?\"",
            "  Two images, JSON, the ten likeliest first tokens:",
            "    fovea ask --model DIR --image a.jpg --image b.jpg --json --logprobs 10 \"What differs?\"",
            "  A prompt used as it is, without a conversation format:",
            "    fovea ask --model DIR --image a.jpg --raw-prompt $'[INST] <image>\\nWhat is this? [/INST]'",
            "",
            "Settings for --set:",
            "  hired           alpha=0..1  score=mass|count_alpha|count_const  region=block2d|strip1d|padaware",
            "                  grid=fixed|transposed  newline=none|kept_rows|all_rows  remainder=drop|largest",
            "  prumerge(+)     similarity=cosine|dot  self_term=true|false  extra_token=true|false",
            "                  stride_divisor=N",
            "  fastv           k=LAYERS  r=0..1  mode=static|mask",
            "  flexattention   selection=threshold|top|random  threshold=0..255  first_layer=N  seed=N",
            "  random          seed=N"
        })
final class AskCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private ModelChoice model = new ModelChoice();

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description = "An image; repeat it for more, in the order of asking.")
    private List<Path> images = new ArrayList<>();

    @Mixin
    private MethodChoices method = new MethodChoices();

    @Mixin
    private SamplingChoices sampling = new SamplingChoices();

    @Option(
            names = "--raw-prompt",
            paramLabel = "TEXT",
            description = "Use TEXT with its <image> marks as it is, instead of a question in the model's format.")
    private String raw = "";

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

    @Option(names = "--json", description = "Print one JSON object instead of the text.")
    private boolean json;

    @Parameters(arity = "0..*", paramLabel = "QUESTION", description = "What to ask, in quotes.")
    private List<String> words = new ArrayList<>();

    AskCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        TokenReduction reduction = method.reduction();
        Sampling choices = sampling.sampling();
        chat.ifPresent(ChatFormat::named);
        EngineOptions options = engineChoices.options(chat);
        Prompt prompt = PromptChoices.prompt(images, words, raw);
        TokenSink sink = json
                ? TokenSink.NONE
                : token -> {
                    terminal.out().print(token.text());
                    terminal.out().flush();
                    return true;
                };
        try (ProgressLine progress = new ProgressLine(terminal, json)) {
            progress.say("loading " + model);
            try (Engine engine = model.load(options);
                    Session session = engine.open(new SessionOptions(reduction, context))) {
                Generation generation = session.generate(prompt, choices, sink, progress);
                progress.clear();
                print(new AnswerReport(model.toString(), engine, session.reduction(), generation));
            }
        }
        return ExitCode.OK;
    }

    private void print(AnswerReport report) {
        if (json) {
            terminal.out().println(report.json());
            return;
        }
        terminal.out().println();
        for (TokenLogprob token : report.generation().firstLogprobs()) {
            String text = report.engine()
                    .tokenizer()
                    .map(vocabulary -> vocabulary.decode(new int[] {token.id()}))
                    .orElse("");
            terminal.out().println(String.format(Locale.ROOT, "%9.5f  %6d  %s", token.logprob(), token.id(), text));
        }
        terminal.err().println(report.line());
    }
}
