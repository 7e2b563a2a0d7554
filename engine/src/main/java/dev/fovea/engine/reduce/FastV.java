package dev.fovea.engine.reduce;

import dev.fovea.engine.text.AttentionRow;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.LayerPlan;
import dev.fovea.engine.text.Phase;
import dev.fovea.engine.vision.VisualTokens;
import dev.fovea.kernel.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/// FastV: after a few decoder layers, the visual tokens that the prompt's last token attends to least are dropped.
///
/// Source: FastV (ECCV 2024, arXiv 2403.06764) and the authors' fork of transformers 4.39 (`fastv_forward`): layers
/// `0 … k - 1` see everything; the last row's attention in layer `k - 1`, averaged over heads, ranks the image's
/// rows; `round(n · (1 - r))` of them (half to even) enter layer `k`, keeping their positions. Caches of the layers
/// before `k` stay whole. Unlike the reference, which assumes one image of a fixed length, the spans come from the
/// prompt; of several images in one prompt, all rows compete.
public final class FastV implements TokenReduction {
    /// What happens to the tokens that lose.
    public enum Mode {
        /// Dropped once, in the prompt; later tokens never see them.
        STATIC,
        /// Hidden from the layers from `k` on, ranked anew for every token; costs as much as no reduction. The
        /// variant behind the paper's accuracy tables, to check against.
        MASK
    }

    private final int k;
    private final double r;
    private final Mode mode;

    /// @param k layers that see everything, at least 1
    /// @param r share of visual tokens that is dropped, 0 … 1
    public FastV(int k, double r, Mode mode) {
        if (k < 1) {
            throw new IllegalArgumentException("fastv k: expected at least 1, found " + k);
        }
        if (!(r >= 0 && r <= 1)) {
            throw new IllegalArgumentException("fastv r: expected 0 … 1, found " + r);
        }
        this.k = k;
        this.r = r;
        this.mode = mode;
    }

    /// The method of a request: `k` (2), `r` (0.5, the paper's headline), `mode`.
    static FastV from(Choices choices) {
        return new FastV(choices.count("k", 2), choices.number("r", 0.5), choices.word("mode", Mode.STATIC));
    }

    @Override
    public String name() {
        return "fastv";
    }

    @Override
    public Map<String, Object> settings() {
        return Settings.ordered("k", k, "r", r, "mode", Words.of(mode));
    }

    @Override
    public Place place() {
        return Place.DECODER;
    }

    @Override
    public DecoderHook hook(Decoder decoder, List<ImageSpan> images) {
        return images.isEmpty() || r == 0 ? DecoderHook.NONE : new Pruning(images);
    }

    private final class Pruning implements DecoderHook, PruningTrace {
        private final BitSet visual = new BitSet(); // positions of visual tokens
        private float[] scores = new float[0]; // by position, of the pass that is under way
        private int[] kept = new int[0];

        Pruning(List<ImageSpan> images) {
            for (ImageSpan image : images) {
                visual.set(image.begin(), image.end());
            }
        }

        @Override
        public boolean readsAttention(int layer, Phase phase) {
            return layer == k - 1 && (phase == Phase.PREFILL || mode == Mode.MASK);
        }

        @Override
        public void onAttention(int layer, AttentionRow row) {
            Tensor weights = row.weights();
            int[] positions = row.positions();
            scores = new float[positions[positions.length - 1] + 1];
            for (int head = 0; head < weights.rows(); head++) {
                for (int key = 0; key < positions.length; key++) {
                    scores[positions[key]] += weights.data()[weights.at(head) + key] / weights.rows();
                }
            }
        }

        @Override
        public LayerPlan beforeLayer(int layer, int[] positions, Phase phase) {
            if (mode == Mode.MASK && layer >= k) {
                if (layer == k) {
                    kept = best(visual.stream()
                            .filter(position -> position < scores.length)
                            .toArray());
                }
                BitSet hidden = (BitSet) visual.clone();
                for (int position : kept) {
                    hidden.clear(position);
                }
                return new LayerPlan(null, null, hidden);
            }
            if (mode == Mode.STATIC && layer == k && phase == Phase.PREFILL) {
                return new LayerPlan(survivors(positions), null, null);
            }
            return LayerPlan.ALL;
        }

        /// Rows that go on: all text, and the best of this pass's visual rows, in order. The last row, which asks,
        /// is never a candidate: unlike the reference, a prompt may end with an image.
        private int[] survivors(int[] positions) {
            int[] candidates = Arrays.stream(positions, 0, positions.length - 1)
                    .filter(visual::get)
                    .toArray();
            if (candidates.length == 0) {
                return allRows(positions.length);
            }
            kept = best(candidates);
            BitSet keep = new BitSet();
            keep.set(positions[positions.length - 1]);
            for (int position : kept) {
                keep.set(position);
            }
            int[] rows = new int[positions.length];
            int n = 0;
            for (int row = 0; row < positions.length; row++) {
                if (!visual.get(positions[row]) || keep.get(positions[row])) {
                    rows[n++] = row;
                }
            }
            return Arrays.copyOf(rows, n);
        }

        private static int[] allRows(int count) {
            int[] rows = new int[count];
            Arrays.setAll(rows, row -> row);
            return rows;
        }

        /// The positions with the highest scores, ascending.
        private int[] best(int[] candidates) {
            float[] ranked = new float[candidates.length];
            for (int i = 0; i < ranked.length; i++) {
                ranked[i] = scores[candidates[i]];
            }
            int[] best = TopTokens.order(ranked, kept(candidates.length, r));
            Arrays.setAll(best, i -> candidates[best[i]]);
            Arrays.sort(best);
            return best;
        }

        @Override
        public int[] keptPositions() {
            return kept.clone();
        }

        @Override
        public float[] scores() {
            return scores.clone();
        }
    }

    /// How many of `candidates` stay, half to even as the authors' Python rounds.
    static int kept(int candidates, double r) {
        return (int) Math.rint(candidates * (1 - r));
    }

    /// Tokens that a span's pruning left, as places on the picture.
    static int[] origins(ImageSpan span, int[] positions) {
        return Arrays.stream(positions)
                .filter(position -> position >= span.begin() && position < span.end())
                .map(position -> span.tokens().origins()[position - span.begin()])
                .filter(origin -> origin != VisualTokens.NEWLINE)
                .toArray();
    }
}
