package dev.fovea.engine.reduce;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Layout;
import dev.fovea.engine.vision.Layout.Newlines;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/// Token-level correlation-guided compression, **reconstructed**: how many patches of a tile are unlike the others
/// decides how many stay; these have the highest class attention in a shallow layer, and the outliers of a deep
/// layer join them.
///
/// Source: arXiv 2407.14439 ("TokenCorrCompressor"), from its abstract and its architecture figure; no code was
/// ever released. What they fix: keys of a shallow layer for the similarity, density as the share that is not
/// redundant, class attention as a distribution for the local choice, the inter-quartile rule for the global one.
/// What they leave open is in [TokenCorrelationSettings]; we compare heads side by side as one key, treat the base
/// tile as any other, and keep the union in reading order. Every tile on its own; how many tokens stay is the
/// image's affair, not a budget's.
public final class TokenCorrelation implements TokenReduction {
    private final TokenCorrelationSettings settings;

    public TokenCorrelation(TokenCorrelationSettings settings) {
        this.settings = settings;
    }

    /// The method of a request: `alpha`, `beta`, `shallow`, `deep`, `fence`, `sampling`, `seed`.
    static TokenCorrelation from(Choices choices) {
        return new TokenCorrelation(TokenCorrelationSettings.from(choices));
    }

    @Override
    public String name() {
        return "tokencorr";
    }

    @Override
    public Map<String, Object> settings() {
        return settings.asMap();
    }

    @Override
    public TokenReduction forModel(VlmConfig model) {
        VisionConfig vision = model.vision();
        int shallow = shallow(vision);
        int deep = deep(vision);
        if (shallow > deep || deep >= vision.layers()) {
            throw new IllegalArgumentException(
                    "method tokencorr: expected shallow and deep layers, in this order, of the "
                            + vision.layers() + " layers of the tower of " + model.family() + ", found " + shallow
                            + " and "
                            + deep);
        }
        return new TokenCorrelation(settings.withLayers(shallow, deep));
    }

    private int shallow(VisionConfig vision) {
        boolean given = settings.shallow() != TokenCorrelationSettings.BY_DEPTH;
        return given ? settings.shallow() : vision.layers() / TokenCorrelationSettings.SHALLOW_PART;
    }

    private int deep(VisionConfig vision) {
        boolean given = settings.deep() != TokenCorrelationSettings.BY_DEPTH;
        return given ? settings.deep() : Math.max(0, vision.featureLayer() - 1);
    }

    @Override
    public Set<Integer> visionTaps(VisionConfig vision) {
        return Set.copyOf(Arrays.asList(shallow(vision), deep(vision)));
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        int patches = image.patches();
        boolean[][] mask = new boolean[image.tiles()][patches];
        int[] kept = new int[image.tiles()];
        int sum = 0;
        for (int tile = 0; tile < mask.length; tile++) {
            choose(image, tile, mask[tile]);
            for (boolean stays : mask[tile]) {
                kept[tile] += stays ? 1 : 0;
            }
            sum += kept[tile];
        }
        if (sum == mask.length * patches) { // nothing redundant: the model as it was trained, newlines included
            return Reduced.of(image.all());
        }
        Reduced reduced = Reduced.of(image.keep(mask, new Layout(image.grid(), Newlines.NONE)));
        return new Reduced(reduced.prompt(), reduced.outside(), kept);
    }

    private void choose(EncodedImage image, int tile, boolean[] mask) {
        int shallow = shallow(image.config());
        Tensor keys = image.tap(shallow, tile).keys().slice(1, image.patches() + 1);
        int local = image.patches() - redundant(keys, settings.alpha(), settings.beta());
        TopTokens.mark(scores(image.classAttention(shallow, tile), tile), local, mask);
        float[] attention = image.classAttention(deep(image.config()), tile);
        double fence = Quartiles.of(attention).fence(settings.fence());
        for (int p = 0; p < attention.length; p++) {
            mask[p] |= attention[p] > fence;
        }
    }

    /// How many patches are like more than a share `beta` of all patches, themselves not counted.
    ///
    /// @param keys `[patches, visionDim]`
    static int redundant(Tensor keys, double alpha, double beta) {
        int n = keys.rows();
        double[] norm = new double[n];
        for (int i = 0; i < n; i++) {
            norm[i] = Math.max(Math.sqrt(dot(keys, i, i)), 1e-12);
        }
        int[] alike = new int[n];
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                if (dot(keys, i, j) > alpha * norm[i] * norm[j]) {
                    alike[i]++;
                    alike[j]++;
                }
            }
        }
        return (int) Arrays.stream(alike).filter(peers -> peers > beta * n).count();
    }

    private static double dot(Tensor x, int a, int b) {
        int atA = x.at(a);
        int atB = x.at(b);
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            sum += (double) x.data()[atA + i] * x.data()[atB + i];
        }
        return sum;
    }

    /// What the local choice ranks by: the attention itself, or its logarithm with Gumbel noise, whose best are a
    /// sample without replacement. Attention is a sum over heads; a factor changes neither.
    private float[] scores(float[] attention, int tile) {
        if (settings.sampling() == TokenCorrelationSettings.Sampling.TOP) {
            return attention;
        }
        SplittableRandom random = new SplittableRandom(settings.seed() * 0x9E3779B97F4A7C15L + tile);
        float[] scores = new float[attention.length];
        for (int p = 0; p < scores.length; p++) {
            double gumbel = -Math.log(-Math.log(random.nextDouble(Double.MIN_NORMAL, 1)));
            scores[p] = (float) (Math.log(attention[p]) + gumbel);
        }
        return scores;
    }
}
