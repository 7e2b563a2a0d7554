package dev.fovea.engine.family;

import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import java.lang.foreign.Arena;
import java.util.Optional;

/// Makes models: from a checkpoint, or of a known shape with random weights.
///
/// Every tensor of a checkpoint must be explained by the config, and every one it needs be there. `format` is what the
/// language model's matrices are rounded to, Q8_0 or Q4_0; empty where they stay as they are.
public final class Models {
    private Models() {}

    /// Reads the model of a checkpoint directory.
    ///
    /// @param arena holds what is not used where it lies in the files
    public static VisionLanguageModel load(
            ModelFiles files, VlmConfig config, Optional<Format> format, Arena arena, Kernels kernels) {
        return load(new CheckpointWeights(files), config, format, arena, kernels);
    }

    /// Reads the model of a language model's and its tower's GGUF files.
    ///
    /// @param arena holds what is not used where it lies in the files
    public static VisionLanguageModel load(
            GgufFile text, GgufFile vision, VlmConfig config, Optional<Format> format, Arena arena, Kernels kernels) {
        return load(new GgufWeights(text, vision, config, arena), config, format, arena, kernels);
    }

    private static VisionLanguageModel load(
            WeightSource source, VlmConfig config, Optional<Format> format, Arena arena, Kernels kernels) {
        boolean tied = config.text().tiedHead() && !source.has(Role.HEAD, 0);
        WeightSource weights =
                format.isEmpty() ? source : new QuantizedWeights(source, format.get(), tied, kernels.workers(), arena);
        VisionLanguageModel model = assemble(weights, config, arena, kernels);
        source.requireAllRead();
        return model;
    }

    /// A model with random weights that live until `arena` closes.
    ///
    /// @param format F32 or BF16, or Q8_0 or Q4_0 for the language model beside a tower in BF16
    public static VisionLanguageModel random(VlmConfig config, Format format, long seed, Arena arena, Kernels kernels) {
        return assemble(new RandomWeights(format, arena, seed), config, arena, kernels);
    }

    private static VisionLanguageModel assemble(WeightSource weights, VlmConfig config, Arena arena, Kernels kernels) {
        return new ModelAssembly(config, new InterleavedWeights(weights, kernels, arena), kernels).assemble();
    }
}
