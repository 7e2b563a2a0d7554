package dev.fovea.engine;

import dev.fovea.kernel.Format;
import java.nio.file.Path;
import java.util.Optional;

/// Where a model lies, and how its weights are held.
///
/// @param model     a checkpoint directory, or the GGUF file of a language model
/// @param projector the GGUF file of its tower and projector (`mmproj`), where `model` is a file that lacks them
/// @param weights   Q8_0 or Q4_0: what the language model's matrices are rounded to while loading; empty where they
///     stay as they are stored. Matrices in blocks already stay, the head is never below Q8_0, and tower and projector
///     are never rounded
public record ModelSource(Path model, Optional<Path> projector, Optional<Format> weights) {
    /// A checkpoint as it is.
    public static ModelSource of(Path model) {
        return new ModelSource(model, Optional.empty(), Optional.empty());
    }
}
