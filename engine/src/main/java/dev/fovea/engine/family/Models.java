package dev.fovea.engine.family;

import dev.fovea.engine.file.ModelFiles;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import java.lang.foreign.Arena;

/// Makes models: from a checkpoint, or of a known shape with random weights.
public final class Models {
    private Models() {}

    /// Reads the model of a checkpoint; every tensor must be explained by the config, and every one it needs be there.
    public static VisionLanguageModel load(ModelFiles files, VlmConfig config, Kernels kernels) {
        CheckpointWeights weights = new CheckpointWeights(files);
        VisionLanguageModel model = new ModelAssembly(config, weights, kernels).assemble();
        weights.requireAllRead();
        return model;
    }

    /// A model with random weights that live until `arena` closes.
    ///
    /// @param format F32 or BF16
    public static VisionLanguageModel random(VlmConfig config, Format format, long seed, Arena arena, Kernels kernels) {
        return new ModelAssembly(config, new RandomWeights(format, arena, seed), kernels).assemble();
    }
}
