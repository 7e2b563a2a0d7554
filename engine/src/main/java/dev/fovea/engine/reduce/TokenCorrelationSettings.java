package dev.fovea.engine.reduce;

import java.util.Map;

/// Every choice of [TokenCorrelation]. The method's code was never released and the description that could be had
/// names no values, so **every constant here is ours**; none of them is the paper's.
///
/// @param alpha    cosine above which two keys count as alike
/// @param beta     a patch is redundant when more than this share of its tile is like it
/// @param shallow  tower layer of the similarity and of the local choice; [#BY_DEPTH] for a sixth of the depth
/// @param deep     tower layer of the global choice; [#BY_DEPTH] for the feature layer
/// @param fence    global patches lie this many inter-quartile ranges above the upper quartile
/// @param sampling how local patches are drawn
/// @param seed     of [Sampling#GUMBEL]
public record TokenCorrelationSettings(
        double alpha, double beta, int shallow, int deep, double fence, Sampling sampling, long seed) {

    /// Strict enough that ordinary neighbours differ, in the middle of a sweep from 0.8 to 0.95.
    static final double ALPHA = 0.9;

    /// A tenth of a tile alike is a surface, not an object; in the middle of a sweep from 0.05 to 0.3.
    static final double BETA = 0.1;

    /// The usual factor of the inter-quartile rule; PruMerge's too.
    static final double FENCE = 1.5;

    /// A layer that the depth of the tower decides: 4 and 22 of CLIP-ViT-L's 24.
    static final int BY_DEPTH = -1;

    /// The depth divided by this is the shallow layer.
    static final int SHALLOW_PART = 6;

    /// How the local patches of a tile are drawn from its class attention.
    public enum Sampling {
        /// The highest ones: the same for the same picture, whatever the seed.
        TOP,
        /// At random without replacement, each in proportion to its attention, by adding Gumbel noise to logarithms.
        GUMBEL
    }

    public TokenCorrelationSettings {
        check(alpha >= -1 && alpha <= 1, "alpha: expected -1 … 1", alpha);
        check(beta >= 0 && beta <= 1, "beta: expected 0 … 1", beta);
        check(shallow >= BY_DEPTH, "shallow: expected a layer", shallow);
        check(deep >= BY_DEPTH, "deep: expected a layer", deep);
        check(fence >= 0, "fence: expected at least 0", fence);
    }

    private static void check(boolean holds, String expected, Object found) {
        if (!holds) {
            throw new IllegalArgumentException("tokencorr " + expected + ", found " + found);
        }
    }

    static TokenCorrelationSettings from(Choices choices) {
        return new TokenCorrelationSettings(
                choices.number("alpha", ALPHA),
                choices.number("beta", BETA),
                choices.count("shallow", BY_DEPTH),
                choices.count("deep", BY_DEPTH),
                choices.number("fence", FENCE),
                choices.word("sampling", Sampling.TOP),
                choices.wholeNumber("seed", 0));
    }

    TokenCorrelationSettings withLayers(int newShallow, int newDeep) {
        return new TokenCorrelationSettings(alpha, beta, newShallow, newDeep, fence, sampling, seed);
    }

    Map<String, Object> asMap() {
        return Settings.ordered(
                "status",
                "reconstructed",
                "alpha",
                alpha,
                "beta",
                beta,
                "shallow",
                layer(shallow),
                "deep",
                layer(deep),
                "fence",
                fence,
                "sampling",
                Words.of(sampling),
                "seed",
                seed);
    }

    private static Object layer(int layer) {
        return layer == BY_DEPTH ? "by depth" : (Object) layer;
    }
}
