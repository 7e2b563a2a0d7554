package dev.fovea.engine.vision;

import dev.fovea.kernel.Tensor;
import java.util.Arrays;

/// Visual tokens of one image in the order in which the language model sees them.
///
/// @param features `[n without newlines, visionDim]`: the features of the tokens that are not newlines, in order
/// @param origins  `[n]`: where each token comes from: a place `tile * patches + patch`, or [#NEWLINE], or [#MERGED]
public record VisualTokens(Tensor features, int[] origins) {
    /// A learned row end; has no feature, the language model's newline vector stands for it.
    public static final int NEWLINE = -1;

    /// A token that stands for no single place.
    public static final int MERGED = -2;

    public VisualTokens {
        long withFeature =
                Arrays.stream(origins).filter(origin -> origin != NEWLINE).count();
        if (withFeature != features.rows()) {
            throw new IllegalArgumentException(
                    "visual tokens: " + features.rows() + " features for " + withFeature + " origins");
        }
    }

    /// No tokens of width `visionDim`.
    public static VisualTokens none(int visionDim) {
        return new VisualTokens(Tensor.zeros(0, visionDim), new int[0]);
    }

    /// Tokens, newlines included: the rows that the language model gets.
    public int count() {
        return origins.length;
    }

    /// Tokens that carry a feature; what budgets bound.
    public int kept() {
        return features.rows();
    }
}
