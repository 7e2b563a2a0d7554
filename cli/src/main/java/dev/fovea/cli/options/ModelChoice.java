package dev.fovea.cli.options;

import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.ModelSource;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The options that say which model answers, and how its weights are held.
public final class ModelChoice {
    @Option(
            names = "--model",
            paramLabel = "PATH",
            description = "A LLaVA-NeXT or LLaVA-1.5 checkpoint: a directory in Hugging Face layout, a file of fovea"
                    + " quantize, or a language model's GGUF file with --mmproj. "
                    + "Without one: fovea-mini, a small demonstrator that comes with Fovea.")
    private Optional<Path> model = Optional.empty();

    @Option(
            names = "--mmproj",
            paramLabel = "FILE",
            description = "The GGUF file of the tower and projector that belong to a language model's GGUF file.")
    private Optional<Path> projector = Optional.empty();

    @Option(
            names = "--weights",
            paramLabel = "TYPE",
            description = "Round the language model's weights while loading: q8_0 or q4_0; as stored by default.")
    private Optional<BlockFormat> weights = Optional.empty();

    /// The checkpoint's directory or file.
    public Path directory() {
        return model.or(Shipped::model)
                .orElseThrow(() -> new IllegalArgumentException(
                        "--model: expected a checkpoint's directory, since fovea-mini is not beside the program,"
                                + " found none"));
    }

    /// Loads it.
    public Engine load(EngineOptions options) {
        return Engine.load(new ModelSource(directory(), projector, weights.map(BlockFormat::format)), options);
    }

    @Override
    public String toString() {
        return directory().toString();
    }
}
