package dev.fovea.engine;

import dev.fovea.engine.image.ImageLimits;
import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Workers;
import java.util.Optional;

/// How an engine computes and what it accepts.
///
/// @param threads     worker threads
/// @param kernels     `best`, or the name of a technique: `onednn`, `vector`, `scalar`
/// @param compute     arithmetic of products with many rows; with the best kernels F32 where the processor
///                    lacks another, which [Engine#compute] tells
/// @param cacheFormat F32 or F16: how keys and values are cached
/// @param imageLimits what images may be decoded
/// @param applyExif   whether images are turned upright as their EXIF orientation says
/// @param chatFormat  the conversation format by name; empty for the checkpoint's own
public record EngineOptions(
        int threads,
        String kernels,
        Compute compute,
        Format cacheFormat,
        ImageLimits imageLimits,
        boolean applyExif,
        Optional<String> chatFormat) {

    /// The same in another arithmetic.
    public EngineOptions withCompute(Compute other) {
        return new EngineOptions(threads, kernels, other, cacheFormat, imageLimits, applyExif, chatFormat);
    }

    /// All processors, the best kernels, f32 arithmetic, an f32 cache, upright images, the checkpoint's chat format.
    public static EngineOptions standard() {
        return new EngineOptions(
                Runtime.getRuntime().availableProcessors(),
                "best",
                Compute.F32,
                Format.F32,
                ImageLimits.DEFAULT,
                true,
                Optional.empty());
    }

    /// The kernels that these options ask for.
    Kernels technique(Workers workers) {
        return kernels.equals("best") ? Kernels.best(workers, compute) : Kernels.named(kernels, workers, compute);
    }

    /// The same with another number of threads.
    public EngineOptions withThreads(int number) {
        return new EngineOptions(number, kernels, compute, cacheFormat, imageLimits, applyExif, chatFormat);
    }
}
