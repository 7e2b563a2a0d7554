package dev.fovea.cli;

import dev.fovea.cli.options.EngineChoices;
import dev.fovea.cli.options.MethodChoices;
import dev.fovea.cli.options.ModelChoice;
import dev.fovea.cli.options.PromptChoices;
import dev.fovea.cli.picture.CellsPicture;
import dev.fovea.cli.picture.KeptPicture;
import dev.fovea.cli.picture.Slide;
import dev.fovea.cli.picture.TokenMap;
import dev.fovea.cli.report.InspectedImage;
import dev.fovea.cli.report.InspectionReport;
import dev.fovea.cli.report.MethodReport;
import dev.fovea.cli.report.Numbers;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.cli.terminal.Terminal;
import dev.fovea.cli.terminal.WholeFile;
import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.ImageStats;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.tokenizer.ChatFormat;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `fovea inspect`: which visual tokens stay.
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Show which visual tokens a method keeps, as a picture, as text or as JSON.",
        description = {
            "",
            "The picture shows the base tile and the mosaic of tiles with dropped patches dimmed, the budget of each tile,",
            "and an audit: kept tokens against the budget, row by row, and what padding cost. Methods inside the",
            "language model need a question; for them the prompt is read as well.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  fovea inspect --model DIR --image receipt.png --method hired --budget 0.2 --out kept.png",
            "  The authors' code beside the paper:",
            "    fovea inspect --model DIR --image receipt.png --method hired --preset reference --out code.png",
            "  What the question makes FastV keep:",
            "    fovea inspect --model DIR --image receipt.png --method fastv --set r=0.75 \\",
            "        --question \"What is the total?\" --out fastv.png",
            "  The kept places, tile * patches + patch, as JSON:",
            "    fovea inspect --model DIR --image receipt.png --method prumerge --json"
        })
final class InspectCommand implements Callable<Integer> {
    /// Tiles of 672 pixels for the usual 336: enough for every panel of a slide.
    private static final int TILE_SCALE = 2;

    private final Terminal terminal;

    @Mixin
    private ModelChoice model = new ModelChoice();

    @Option(names = "--image", paramLabel = "FILE", required = true, description = "The image; repeat it for more.")
    private List<Path> images = new ArrayList<>();

    @Mixin
    private MethodChoices method = new MethodChoices();

    @Option(
            names = "--question",
            paramLabel = "TEXT",
            description = "What methods inside the language model see asked (default: a request for a description).")
    private String question = "Describe the image.";

    @Option(
            names = "--raw-prompt",
            paramLabel = "TEXT",
            description = "Use TEXT with its <image> marks as it is, instead of a question in the model's format.")
    private String raw = "";

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Steps to watch methods that choose anew for each token (default: 1).")
    private int maxTokens = 1;

    @Option(
            names = "--chat",
            paramLabel = "FORMAT",
            description = "The conversation format, such as mistral_instruct; the checkpoint's own by default.")
    private Optional<String> chat = Optional.empty();

    @Mixin
    private EngineChoices engineChoices = new EngineChoices();

    @Option(
            names = "--out",
            paramLabel = "FILE.png",
            description = "Write the picture here, 1920 x 1080; one image only.")
    private Optional<Path> out = Optional.empty();

    @Option(names = "--json", description = "Print one JSON object instead of the text.")
    private boolean json;

    InspectCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        TokenReduction reduction = method.reduction();
        chat.ifPresent(ChatFormat::named);
        EngineOptions options = engineChoices.exactOptions(chat);
        checkFiles();
        try (ProgressLine progress = new ProgressLine(terminal, true)) {
            progress.say("loading " + model);
            try (Engine engine = model.load(options)) {
                Look look = new Look(engine, options, reduction, new Look.Asked(question, raw, maxTokens), progress);
                InspectionReport report =
                        new InspectionReport(engine.config(), reduction.forModel(engine.config()), look.at(images));
                progress.clear();
                out.ifPresent(file -> draw(engine, report, file));
                terminal.out().println(json ? report.json() : report.text());
            }
        }
        return ExitCode.OK;
    }

    private void checkFiles() {
        PromptChoices.requireFiles(images);
        if (out.isEmpty()) {
            return;
        }
        if (images.size() > 1) {
            throw new IllegalArgumentException("--out: expected one image, found " + images.size());
        }
        if (!out.get().toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw new IllegalArgumentException("--out: expected a file name that ends with .png, found " + out.get());
        }
        WholeFile.requireDirectory(out.get());
    }

    private static void draw(Engine engine, InspectionReport report, Path file) {
        InspectedImage image = report.images().getFirst();
        Grid grid = image.inspection().grid();
        List<RgbImage> tiles = engine.tiles(image.inspection(), TILE_SCALE);
        BufferedImage picture = image.shown()
                .map(cells -> CellsPicture.draw(new CellsPicture.Subject(
                        head(report, image), grid, tiles, cells.side(), cells.steps(), cells.computed())))
                .orElseGet(() -> KeptPicture.draw(new KeptPicture.Subject(
                        head(report, image),
                        tiles,
                        TokenMap.of(grid, image.origins(), image.ranksByPlace()),
                        image.inspection().reduced().budgets(),
                        image.audit(engine.config()),
                        image.budget(report.reduction()))));
        WholeFile.write(file, stream -> {
            ImageIO.setUseCache(false);
            if (!ImageIO.write(picture, "png", stream)) {
                throw new IOException(file + ": this Java cannot write PNG files");
            }
        });
    }

    private static Slide.Head head(InspectionReport report, InspectedImage image) {
        ImageStats stats = image.inspection().stats();
        String tiles = stats.tileRows() == 0
                ? "one tile"
                : "base tile and " + stats.tileRows() + " × " + stats.tileCols() + " tiles";
        String share = Numbers.percent((double) image.tokens() / Math.max(1, stats.tokensBefore()));
        return new Slide.Head(
                report.reduction().name(),
                List.of(image.name(), stats.width() + " × " + stats.height() + " px", tiles),
                MethodReport.settings(report.reduction()),
                image.shown()
                        .map(cells ->
                                String.format(Locale.ROOT, "%.1f of %d", cells.mean(), cells.side() * cells.side()))
                        .orElse(image.tokens() + " of " + stats.tokensBefore()),
                image.shown().isPresent() ? "cells per layer and step" : "visual tokens, " + share);
    }
}
