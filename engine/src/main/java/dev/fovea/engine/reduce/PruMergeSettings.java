package dev.fovea.engine.reduce;

import java.util.Map;

/// Every choice of [PruMerge].
///
/// @param plus          whether a regular sample of the rest is kept too
/// @param similarity    by which neighbours are found
/// @param selfTerm      whether a kept token keeps its own feature with weight one
/// @param extraToken    whether what is not kept becomes one further token
/// @param strideDivisor PruMerge+: the sample's stride is the outliers' mean distance divided by it
public record PruMergeSettings(
        Preset preset, boolean plus, Similarity similarity, boolean selfTerm, boolean extraToken, int strideDivisor) {

    /// Neighbours merged into each kept token (authors' code).
    static final int NEIGHBOURS = 32;

    /// Outliers lie this many inter-quartile ranges above the upper quartile.
    static final double FENCE = 1.5;

    public PruMergeSettings {
        if (strideDivisor < 1) {
            throw new IllegalArgumentException("prumerge+ stride_divisor: expected at least 1, found " + strideDivisor);
        }
    }

    /// How alike two patches' keys are.
    public enum Similarity {
        COSINE,
        DOT
    }

    /// The preset of a request with the settings that it overrides. The authors' code is the only executable
    /// definition and the default; `paper` drops what the paper does not mention.
    static PruMergeSettings from(Choices choices, boolean plus) {
        Preset preset = choices.preset(Preset.REFERENCE);
        boolean code = preset == Preset.REFERENCE;
        return new PruMergeSettings(
                preset,
                plus,
                choices.word("similarity", code ? Similarity.COSINE : Similarity.DOT),
                choices.flag("self_term", code),
                choices.flag("extra_token", code),
                choices.count("stride_divisor", 3));
    }

    Map<String, Object> asMap() {
        return Settings.ordered(
                "preset", Words.of(preset),
                "similarity", Words.of(similarity),
                "self_term", selfTerm,
                "extra_token", extraToken,
                "stride_divisor", strideDivisor);
    }
}
