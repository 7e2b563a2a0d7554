package dev.fovea.engine;

import dev.fovea.kernel.Compute;
import java.nio.file.Path;
import java.util.Optional;

/// Engines for tests.
final class Engines {
    private Engines() {}

    /// As transformers' image processors do, which do not turn images.
    static EngineOptions withoutExif() {
        EngineOptions standard = EngineOptions.standard();
        return new EngineOptions(
                standard.threads(),
                standard.kernels(),
                Compute.F32,
                standard.cacheFormat(),
                standard.imageLimits(),
                false,
                Optional.empty());
    }

    static Engine load(Path checkpoint, String kernels) {
        return Engine.load(checkpoint, options(kernels));
    }

    /// A checkpoint of the test resources, which has no tokenizer.
    static Engine small(String name) {
        return Engine.load(Checkpoints.named(name), options("best"));
    }

    private static EngineOptions options(String kernels) {
        EngineOptions standard = EngineOptions.standard();
        return new EngineOptions(
                standard.threads(),
                kernels,
                Compute.F32,
                standard.cacheFormat(),
                standard.imageLimits(),
                standard.applyExif(),
                Optional.empty());
    }
}
