package dev.fovea.cli.bench;

import dev.fovea.cli.options.EngineChoices;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.ImageInput;
import dev.fovea.engine.ModelSource;
import dev.fovea.engine.family.Shapes;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.image.ImageFormatException;
import dev.fovea.engine.reduce.Preset;
import dev.fovea.kernel.Format;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `fovea bench`: what methods and budgets cost on this machine.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Measure what methods and budgets cost on this machine.",
        description = {
            "",
            "For each method and budget: visual tokens, the time of each stage, time to the first token, tokens per",
            "second, cache, memory, and the operations that were done, counted from the shapes that ran. Figures are",
            "medians of the runs, after one run to warm up.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  A checkpoint and an image:",
            "    fovea bench --model DIR --image receipt.png --methods none,hired --budgets 1,0.4,0.2",
            "  A full-size model without a download; speed does not depend on the values of weights:",
            "    fovea bench --shape llava-next-7b --methods none,hired --budgets 0.4,0.2,0.1 --runs 1",
            "  Two methods combined are written with a slash:",
            "    fovea bench --shape llava-next-tiny --methods none,hired,fastv,hired/fastv --budgets 0.2"
        })
public final class BenchCommand implements Callable<Integer> {
    /// Sizes as height and width.
    private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,4})x([1-9]\\d{0,4})");

    private final Terminal terminal;

    @ArgGroup(multiplicity = "1")
    private Source source = new Source();

    /// Whose shapes are measured.
    static final class Source {
        @Option(
                names = "--model",
                paramLabel = "PATH",
                required = true,
                description = "A LLaVA-NeXT or LLaVA-1.5 checkpoint, a directory or a GGUF file.")
        private Optional<Path> model = Optional.empty();

        @Option(
                names = "--shape",
                paramLabel = "NAME",
                required = true,
                completionCandidates = ShapeNames.class,
                description = "Random weights in the shapes of ${COMPLETION-CANDIDATES}.")
        private Optional<String> shape = Optional.empty();
    }

    /// The names that `--shape` takes, for the help.
    static final class ShapeNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Shapes.names().iterator();
        }
    }

    /// How weights are held.
    enum Weights {
        BF16(Format.BF16),
        F32(Format.F32),
        Q8_0(Format.Q8_0),
        Q4_0(Format.Q4_0);

        private final Format format;

        Weights(Format format) {
            this.format = format;
        }
    }

    @Option(
            names = "--mmproj",
            paramLabel = "FILE",
            description = "The GGUF file of the tower and projector that belong to a language model's GGUF file.")
    private Optional<Path> projector = Optional.empty();

    @Option(
            names = "--weights",
            paramLabel = "TYPE",
            description = "Random weights: bf16 (default), f32, or q8_0, q4_0 for the language model. A checkpoint's:"
                    + " as stored (default), or q8_0, q4_0, to which the language model's are rounded.")
    private Optional<Weights> weights = Optional.empty();

    @Option(names = "--image", paramLabel = "FILE", description = "The image; without one, noise.")
    private Optional<Path> image = Optional.empty();

    @Option(
            names = "--image-size",
            paramLabel = "HxW",
            description = "Size of the noise, height x width (default: 1000x1000, the most tokens there are).")
    private String imageSize = "1000x1000";

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "M",
            description = "Reduction methods, with commas between (default: none,hired).")
    private List<String> methods = new ArrayList<>(List.of("none", "hired"));

    @Option(
            names = "--budgets",
            split = ",",
            paramLabel = "B",
            description = "Budgets for methods that have one, with commas between (default: 0.4,0.2).")
    private List<String> budgets = new ArrayList<>(List.of("0.4", "0.2"));

    @Option(names = "--preset", paramLabel = "P", description = "Settings of all methods: paper or reference.")
    private Optional<Preset> preset = Optional.empty();

    @Option(
            names = "--prompt-tokens",
            paramLabel = "N",
            description = "Tokens of the prompt beside the image (default: 60).")
    private int promptTokens = 60;

    @Option(names = "--new-tokens", paramLabel = "N", description = "Tokens of the answer (default: 15).")
    private int newTokens = 15;

    @Option(names = "--runs", paramLabel = "N", description = "Runs of each line, whose medians count (default: 3).")
    private int runs = 3;

    @Option(names = "--peak", description = "Also measure the processor's peak and give shares of it.")
    private boolean peak;

    @Option(
            names = "--agreement",
            description = "Instead of times: how far bf16 and int8 lead from f32, in answers and in what is kept.")
    private boolean agreement;

    @Mixin
    private EngineChoices engineChoices = new EngineChoices();

    @Option(names = "--json", description = "Print one JSON object instead of the tables.")
    private boolean json;

    public BenchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (source.shape.isEmpty() && source.model.isEmpty()) {
            throw new IllegalArgumentException("bench: expected --model DIR or --shape NAME, found neither");
        }
        List<Line> lines = Line.all(methods, budgets, preset);
        EngineOptions options = engineChoices.options(Optional.empty());
        Bench.Load load = new Bench.Load(input(), promptTokens, newTokens, runs, peak);
        Optional<VlmConfig> shape = source.shape.map(Shapes::named);
        shape.ifPresent(
                config -> Machine.requireMemory(Shapes.parameters(config) / format().block() * format().blockBytes()));
        try (ProgressLine progress = new ProgressLine(terminal, true)) {
            progress.say("loading " + name());
            if (agreement) {
                Agreement report =
                        Agreement.of(compute -> engine(shape, options.withCompute(compute)), load, progress, lines);
                progress.clear();
                terminal.out().println(json ? report.json() : name() + System.lineSeparator() + report.text());
                return ExitCode.OK;
            }
            try (Engine engine = engine(shape, options)) {
                BenchReport report = new Bench(engine, load, progress).run(name(), lines);
                progress.clear();
                terminal.out().println(json ? report.json() : report.text());
            }
        }
        return ExitCode.OK;
    }

    private Engine engine(Optional<VlmConfig> shape, EngineOptions options) {
        return shape.map(config -> Engine.random(config, format(), options))
                .orElseGet(() -> Engine.load(modelSource(), options));
    }

    private Format format() {
        return weights.orElse(Weights.BF16).format;
    }

    private ModelSource modelSource() {
        weights.filter(type -> type.format.block() == 1).ifPresent(type -> {
            throw new IllegalArgumentException("--weights: expected q8_0 or q4_0 with --model, found "
                    + type.name().toLowerCase(Locale.ROOT));
        });
        return new ModelSource(source.model.orElseThrow(), projector, weights.map(type -> type.format));
    }

    private String name() {
        return source.shape
                .map(shape -> shape + ", random " + format() + " weights")
                .orElseGet(() -> source.model.map(Path::toString).orElse(""));
    }

    private ImageInput input() {
        if (image.isPresent()) {
            Path file = image.get();
            if (!Files.isRegularFile(file)) {
                throw new ImageFormatException(file.toString(), "an image file", "none");
            }
            return new ImageInput.File(file);
        }
        Matcher size = SIZE.matcher(imageSize);
        if (!size.matches()) {
            throw new IllegalArgumentException(
                    "--image-size: expected height x width, such as 480x640, found " + imageSize);
        }
        return Bench.noise(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)));
    }
}
