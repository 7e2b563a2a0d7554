package dev.fovea.cli.options;

import dev.fovea.engine.EngineOptions;
import dev.fovea.engine.image.ImageLimits;
import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say how the engine computes.
public final class EngineChoices {
    /// How keys and values are cached.
    enum CacheFormat {
        F32,
        F16
    }

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; all processors by default.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description =
                    "How to compute: best (default), onednn (its library), vector (the Vector API), scalar (plain Java,"
                            + " slow), or machine code: vnni (bf16 and int8), avxvnni or avx2 (int8).")
    private String kernels = "best";

    @Option(
            names = "--compute",
            paramLabel = "TYPE",
            description = "Arithmetic of products with many rows: f32, bf16 or int8, each faster and less exact than"
                    + " the one before. Default: of ask, chat and bench bf16, if the processor has it and --kernels"
                    + " is best; else f32.",
            hideParamSyntax = true)
    private @Nullable Compute compute;

    @Option(
            names = "--cache",
            paramLabel = "TYPE",
            description = "How keys and values are cached: f32 (default), or f16, which takes half the memory.")
    private CacheFormat cache = CacheFormat.F32;

    @Option(names = "--no-exif", description = "Leave pictures as stored instead of turning them upright.")
    private boolean noExif;

    /// For answers: in bf16 unless asked otherwise, which falls back to f32 where the processor has none.
    ///
    /// @param chat the conversation format; empty for the checkpoint's own
    public EngineOptions options(Optional<String> chat) {
        return options(chat, kernels.equals("best") ? Compute.BF16 : Compute.F32);
    }

    /// For numbers that are to be compared: in f32 unless asked otherwise.
    ///
    /// @param chat the conversation format; empty for the checkpoint's own
    public EngineOptions exactOptions(Optional<String> chat) {
        return options(chat, Compute.F32);
    }

    private EngineOptions options(Optional<String> chat, Compute otherwise) {
        if (threads < 1) {
            throw new IllegalArgumentException("--threads: expected at least 1, found " + threads);
        }
        return new EngineOptions(
                threads,
                kernels,
                compute == null ? otherwise : compute,
                cache == CacheFormat.F16 ? Format.F16 : Format.F32,
                ImageLimits.DEFAULT,
                !noExif,
                chat);
    }
}
