package dev.fovea.cli;

import dev.fovea.cli.report.InspectedImage;
import dev.fovea.cli.report.InspectedImage.Pruned;
import dev.fovea.cli.report.InspectedImage.Shown;
import dev.fovea.cli.terminal.ProgressLine;
import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.Generation;
import dev.fovea.engine.ImageInput;
import dev.fovea.engine.Inspection;
import dev.fovea.engine.Prompt;
import dev.fovea.engine.Session;
import dev.fovea.engine.SessionOptions;
import dev.fovea.engine.Stage;
import dev.fovea.engine.TokenSink;
import dev.fovea.engine.image.ImageDecoder;
import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.reduce.CellTrace;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.Place;
import dev.fovea.engine.reduce.PruningTrace;
import dev.fovea.engine.reduce.Reduced;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.vision.VisualTokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Watches a method at work on images: after the tower alone where that is all, else through a whole prompt.
record Look(Engine engine, EngineOptions options, TokenReduction reduction, Asked asked, ProgressLine progress) {
    /// What is asked of methods inside the language model.
    ///
    /// @param raw a prompt used as it is; empty for a question in the model's format
    record Asked(String question, String raw, int maxTokens) {}

    List<InspectedImage> at(List<Path> files) {
        return reduction.place() == Place.VISION ? afterTower(files) : throughPrompt(files);
    }

    private List<InspectedImage> afterTower(List<Path> files) {
        List<InspectedImage> images = new ArrayList<>();
        for (Path file : files) {
            progress.progress(Stage.VISION, images.size(), files.size());
            Inspection inspection = engine.inspect(new ImageInput.File(file), reduction);
            images.add(new InspectedImage(name(file), inspection, Optional.empty(), Optional.empty()));
        }
        return images;
    }

    private List<InspectedImage> throughPrompt(List<Path> files) {
        List<RgbImage> pixels = files.stream()
                .map(file -> ImageDecoder.decode(file, options.imageLimits(), options.applyExif()))
                .toList();
        List<ImageInput> inputs =
                pixels.stream().<ImageInput>map(ImageInput.Pixels::new).toList();
        Prompt prompt =
                asked.raw.isEmpty() ? new Prompt.Question(asked.question, inputs) : new Prompt.Raw(asked.raw, inputs);
        try (Session session = engine.open(SessionOptions.of(reduction))) {
            Generation generation =
                    session.generate(prompt, Sampling.greedy(asked.maxTokens), TokenSink.NONE, progress);
            List<InspectedImage> images = new ArrayList<>();
            for (ImageSpan span : session.images()) {
                int i = images.size();
                var stats = generation.stats().images().get(i);
                VisualTokens outside =
                        VisualTokens.none(span.tokens().features().cols());
                Reduced reduced = new Reduced(span.tokens(), outside, stats.budgets());
                Inspection inspection = new Inspection(pixels.get(i), span.grid(), reduced, stats);
                Optional<Pruned> pruned = session.hook() instanceof PruningTrace trace
                        ? Optional.of(Pruned.of(span, trace))
                        : Optional.empty();
                Optional<Shown> shown = session.hook() instanceof CellTrace trace
                        ? Optional.of(
                                new Shown(trace.cellsPerSide(), trace.cells().get(i), trace.cellsComputed()))
                        : Optional.empty();
                images.add(new InspectedImage(name(files.get(i)), inspection, pruned, shown));
            }
            return images;
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }
}
