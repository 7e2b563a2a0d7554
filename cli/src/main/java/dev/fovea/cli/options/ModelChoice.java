package dev.fovea.cli.options;

import dev.fovea.engine.Engine;
import dev.fovea.engine.EngineOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The option that says which model answers.
public final class ModelChoice {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "A LLaVA-NeXT or LLaVA-1.5 checkpoint, as a directory in Hugging Face layout. "
                    + "Without one: fovea-mini, a small demonstrator that comes with Fovea.")
    private Optional<Path> model = Optional.empty();

    /// The checkpoint's directory.
    public Path directory() {
        return model.or(Shipped::model)
                .orElseThrow(() -> new IllegalArgumentException(
                        "--model: expected a checkpoint's directory, since fovea-mini is not beside the program,"
                                + " found none"));
    }

    /// Loads it.
    public Engine load(EngineOptions options) {
        return Engine.load(directory(), options);
    }

    @Override
    public String toString() {
        return directory().toString();
    }
}
