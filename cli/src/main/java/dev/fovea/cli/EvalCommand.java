package dev.fovea.cli;

import dev.fovea.cli.bench.Machine;
import dev.fovea.cli.options.EngineChoices;
import dev.fovea.cli.options.Shipped;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.cli.terminal.WholeFile;
import dev.fovea.engine.ModelSource;
import dev.fovea.engine.tokenizer.ChatFormat;
import dev.fovea.eval.Task;
import dev.fovea.eval.report.Facts;
import dev.fovea.eval.report.HtmlReport;
import dev.fovea.eval.report.MarkdownReport;
import dev.fovea.eval.report.Results;
import dev.fovea.eval.run.Evaluation;
import dev.fovea.eval.run.Evaluation.Outcome;
import dev.fovea.eval.run.EvaluationOptions;
import dev.fovea.eval.task.Tasks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `fovea eval`: how methods and budgets answer the questions of a benchmark.
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Compare methods and budgets on the questions of a benchmark.",
        description = {
            "",
            "Asks every question with every method and budget and writes DIR/answers.jsonl (one line an answer, as",
            "they come), DIR/report.md and DIR/report.html. A run that was stopped goes on where it was: give the same",
            "command again. Further methods, budgets and models may be added to a directory later.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  The benchmark and the model that come with Fovea:",
            "    fovea eval --task hr-mini --methods none,hired,random --budgets 0.05,0.1,0.2,0.4 --out report",
            "  A benchmark's own files and a real checkpoint:",
            "    fovea eval --task textvqa:/data/textvqa --model llava-v1.6-mistral-7b-hf \\",
            "      --methods none,hired --budgets 0.2 --limit 100 --out textvqa-report",
            "",
            "Methods are those of `ask`, and oracle, which keeps exactly the evidence where a task records it."
        })
final class EvalCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--task",
            paramLabel = "TASK",
            required = true,
            completionCandidates = TaskNames.class,
            description = {
                "hr-mini, or NAME:PATH with the folder or zip of a benchmark's files.",
                "Names: ${COMPLETION-CANDIDATES}."
            })
    private String task = "";

    /// The names that `--task` takes, for the help.
    static final class TaskNames implements Iterable<String> {
        @Override
        public java.util.Iterator<String> iterator() {
            return Tasks.names().iterator();
        }
    }

    @Option(
            names = "--model",
            split = ",",
            paramLabel = "PATH",
            description =
                    "Checkpoints as `ask` takes them, with commas between or one by one; each method runs on those"
                            + " that can serve it. Without one: fovea-mini.")
    private List<Path> models = new ArrayList<>();

    @Option(
            names = "--mmproj",
            paramLabel = "FILE",
            description = "The GGUF file of the tower and projector that belong to language models' GGUF files.")
    private Optional<Path> projector = Optional.empty();

    @Option(
            names = "--chat",
            paramLabel = "FORMAT",
            description = "The conversation format, such as mistral_instruct; each checkpoint's own by default.")
    private Optional<String> chat = Optional.empty();

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
            description = "Budgets for methods that have one, with commas between (default: 0.2).")
    private List<String> budgets = new ArrayList<>(List.of("0.2"));

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where answers and report go.")
    private Path out = Path.of("");

    @Option(names = "--limit", paramLabel = "N", description = "The first N pictures only.")
    private int limit = Integer.MAX_VALUE;

    @Option(
            names = "--lanes",
            paramLabel = "N",
            description = "Pictures at a time, each with its share of the threads (default: 1). As many as there are"
                    + " threads is fastest for models as small as fovea-mini.")
    private int lanes = 1;

    @Mixin
    private EngineChoices engine = new EngineChoices();

    EvalCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Optional<String> format = chat.map(name -> ChatFormat.named(name).label()); // one name for one format
        EvaluationOptions options =
                new EvaluationOptions(models(), methods, budgets, engine.exactOptions(format), lanes, limit, out);
        try (Task questions = Tasks.open(task, Shipped.hrMini());
                ProgressLine progress = new ProgressLine(terminal, false)) {
            progress.say("loading");
            long begin = System.nanoTime();
            Outcome outcome = new Evaluation(questions, options, (done, total, what) -> {
                        double share = (double) done / total;
                        progress.show(share, done + " of " + total + " answers, " + left(begin, share));
                    })
                    .run();
            progress.clear();
            Facts facts = new Facts(command(), Machine.description(), outcome.technique(), outcome.refused());
            Results results = Results.of(questions, outcome.answers());
            String table = MarkdownReport.of(questions, results, facts);
            write("report.md", table);
            write("report.html", HtmlReport.of(questions, results, facts));
            terminal.out().print(table);
        }
        return ExitCode.OK;
    }

    private List<ModelSource> models() {
        List<Path> paths = models.isEmpty()
                ? List.of(Shipped.model()
                        .orElseThrow(() -> new IllegalArgumentException("--model: expected a checkpoint's directory,"
                                + " since fovea-mini is not beside the program, found none")))
                : models;
        return paths.stream()
                .map(path -> new ModelSource(path, projector, Optional.empty()))
                .toList();
    }

    /// `about 3 min left`.
    private static String left(long begin, double share) {
        double seconds = (System.nanoTime() - begin) / 1e9;
        double rest = share == 0 ? 0 : seconds * (1 - share) / share;
        return rest < 90 ? "about " + Math.round(rest) + " s left" : "about " + Math.round(rest / 60) + " min left";
    }

    private String command() {
        List<String> words = new ArrayList<>(List.of("fovea"));
        words.addAll(spec.root().commandLine().getParseResult().originalArgs());
        return String.join(" ", words);
    }

    private void write(String name, String text) {
        WholeFile.write(out.resolve(name), stream -> stream.write(text.getBytes(StandardCharsets.UTF_8)));
    }
}
