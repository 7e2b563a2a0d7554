package dev.fovea.engine.reduce;

import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Tap;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.engine.vision.VisualTokens;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// PruMerge and PruMerge+: keeps the patches whose class attention is an outlier, merges their most similar
/// neighbours into them and everything else into one further token. PruMerge+ also keeps a regular sample of the
/// rest.
///
/// Source: LLaVA-PruMerge (arXiv 2403.15388) and the authors' `clip_encoder.py` (`token_prune_merge_advanced`,
/// `…_plus`); on several tiles HiRED's `prumerge_llava_next.py`: every tile on its own, results one after the
/// other, without unpadding and newlines. Adaptive: how many tokens stay is the image's affair, not a budget's.
public final class PruMerge implements TokenReduction {
    private final PruMergeSettings settings;

    public PruMerge(PruMergeSettings settings) {
        this.settings = settings;
    }

    static PruMerge from(Choices choices, boolean plus) {
        return new PruMerge(PruMergeSettings.from(choices, plus));
    }

    @Override
    public String name() {
        return settings.plus() ? "prumerge+" : "prumerge";
    }

    @Override
    public Map<String, Object> settings() {
        return settings.asMap();
    }

    /// The tower's last layer, of which only the first norm and two projections are computed.
    @Override
    public Set<Integer> visionTaps(VisionConfig vision) {
        return Set.of(vision.layers() - 1);
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        List<Tensor> features = new ArrayList<>();
        List<int[]> origins = new ArrayList<>();
        int[] kept = new int[image.tiles()];
        int rows = 0;
        for (int tile = 0; tile < image.tiles(); tile++) {
            float[] attention = attention(image, tile);
            int[] chosen = choose(attention);
            Tensor merged = merge(image, tile, attention, chosen);
            int first = tile * image.patches();
            int[] places = Arrays.copyOf(chosen, merged.rows());
            for (int i = 0; i < places.length; i++) {
                places[i] = i < chosen.length ? first + places[i] : VisualTokens.MERGED;
            }
            features.add(merged);
            origins.add(places);
            kept[tile] = chosen.length;
            rows += merged.rows();
        }
        Tensor all = Tensor.zeros(rows, image.config().hidden());
        int row = 0;
        for (Tensor tile : features) {
            for (int r = 0; r < tile.rows(); r++) {
                tile.copyRow(r, all.data(), all.at(row++));
            }
        }
        int[] order = origins.stream().flatMapToInt(Arrays::stream).toArray();
        return new Reduced(new VisualTokens(all, order), VisualTokens.none(all.cols()), kept);
    }

    /// Class attention as one head over the full width, scaled by its root; the class token's own column left out.
    ///
    /// @return `[patches]`
    public static float[] attention(EncodedImage image, int tile) {
        Tap tap = image.tap(image.config().layers() - 1, tile);
        Tensor weights = Tensor.zeros(1, image.patches() + 1);
        image.kernels()
                .attentionWeights(
                        tap.classQuery(),
                        KeyValues.of(tap.keys(), tap.keys(), tap.keys().cols()),
                        weights);
        return Arrays.copyOfRange(weights.data(), 1, weights.cols());
    }

    /// Patches that stay: outliers by falling attention, then the sample of PruMerge+ in ascending order.
    int[] choose(float[] attention) {
        int outliers = outliers(attention);
        int[] chosen = TopTokens.order(attention, outliers);
        if (!settings.plus() || outliers == 0) { // unlike the reference, which divides by zero without outliers
            return chosen;
        }
        boolean[] taken = new boolean[attention.length];
        for (int patch : chosen) {
            taken[patch] = true;
        }
        int step = (int) (1 / ((double) outliers / attention.length));
        int stride = Math.max(1, step / settings.strideDivisor());
        int[] sample = new int[attention.length];
        int n = 0;
        for (int patch = 0; patch < attention.length - 1; patch += stride) { // the last patch is never sampled
            if (!taken[patch]) {
                sample[n++] = patch;
            }
        }
        int[] both = Arrays.copyOf(chosen, outliers + n);
        System.arraycopy(sample, 0, both, outliers, n);
        return both;
    }

    /// How many values lie above the upper fence of the inter-quartile rule.
    private static int outliers(float[] attention) {
        double fence = Quartiles.of(attention).fence(PruMergeSettings.FENCE);
        int count = 0;
        for (float value : attention) {
            count += value > fence ? 1 : 0;
        }
        return count;
    }

    /// Kept features with their neighbours' added, and the token of everything that was not kept.
    ///
    /// @return `[chosen + 1, visionDim]`, or `[chosen, visionDim]` without the further token
    private Tensor merge(EncodedImage image, int tile, float[] attention, int[] chosen) {
        Tensor x = image.features(tile);
        Tensor keys = image.tap(image.config().layers() - 1, tile).keys().slice(1, image.patches() + 1);
        float[] inverseNorm = inverseNorms(keys);
        Tensor merged = Tensor.zeros(chosen.length + (settings.extraToken() ? 1 : 0), x.cols());
        float[] similarity = new float[image.patches()];
        for (int i = 0; i < chosen.length; i++) {
            int self = chosen[i];
            if (settings.selfTerm()) {
                x.copyRow(self, merged.data(), merged.at(i));
            }
            for (int j = 0; j < similarity.length; j++) {
                similarity[j] =
                        j == self ? Float.NEGATIVE_INFINITY : dot(keys, self, j) * inverseNorm[self] * inverseNorm[j];
            }
            int neighbours = Math.min(PruMergeSettings.NEIGHBOURS, similarity.length - 1);
            for (int j : TopTokens.order(similarity, neighbours)) {
                add(x, j, attention[j], merged, i);
            }
        }
        if (settings.extraToken()) {
            boolean[] taken = new boolean[image.patches()];
            for (int patch : chosen) {
                taken[patch] = true;
            }
            for (int j = 0; j < taken.length; j++) {
                if (!taken[j]) {
                    add(x, j, attention[j], merged, chosen.length);
                }
            }
        }
        return merged;
    }

    /// One over the length of each key for cosine similarity; ones for the dot product.
    private float[] inverseNorms(Tensor keys) {
        float[] inverse = new float[keys.rows()];
        for (int r = 0; r < inverse.length; r++) {
            double norm = Math.sqrt(dot(keys, r, r));
            inverse[r] = settings.similarity() == PruMergeSettings.Similarity.COSINE
                    ? (float) (1 / Math.max(norm, 1e-12))
                    : 1;
        }
        return inverse;
    }

    private static float dot(Tensor x, int a, int b) {
        int atA = x.at(a);
        int atB = x.at(b);
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            sum += (double) x.data()[atA + i] * x.data()[atB + i];
        }
        return (float) sum;
    }

    private static void add(Tensor from, int row, float weight, Tensor to, int toRow) {
        int at = from.at(row);
        int toAt = to.at(toRow);
        for (int i = 0; i < from.cols(); i++) {
            to.data()[toAt + i] += weight * from.data()[at + i];
        }
    }
}
