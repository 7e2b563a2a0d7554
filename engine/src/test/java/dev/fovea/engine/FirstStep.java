package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.text.TokenLogprob;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Comparison of the first step's best tokens with recorded ones.
final class FirstStep {
    /// The recorded numbers have five decimals.
    private static final double RECORDED = 1e-5;

    private FirstStep() {}

    /// Checks log-probabilities rank by rank, relative to the best as logits are recorded; ids may swap where recorded
    /// values are closer than twice the tolerance.
    ///
    /// @return the largest difference
    static double assertClose(String name, JsonNode expected, List<TokenLogprob> found, double tolerance) {
        int[] ids = Goldens.ints(expected.get("top20_ids"));
        double[] logits = Goldens.doubles(expected.get("top20_logits"));
        double allowed = 2 * (tolerance + RECORDED);
        double worst = 0;
        for (int i = 0; i < ids.length; i++) {
            double below = found.getFirst().logprob() - found.get(i).logprob();
            worst = Math.max(worst, Math.abs(below - (logits[0] - logits[i])));
            boolean tied = (i > 0 && logits[i - 1] - logits[i] < allowed)
                    || i + 1 == ids.length
                    || logits[i] - logits[i + 1] < allowed;
            if (!tied) {
                assertThat(found.get(i).id()).as(name + " rank " + i).isEqualTo(ids[i]);
            }
        }
        assertThat(worst).as(name + ": largest difference of logits").isLessThanOrEqualTo(allowed);
        return worst;
    }

    /// Logits are known up to a constant, so both sides are shifted to a best logit of zero.
    ///
    /// @param all      log-probabilities of the whole vocabulary, best first
    /// @param expected the case's JSON, with the best logits
    /// @param logits   every `stride`-th logit of the vocabulary
    static void assertLogits(String name, List<TokenLogprob> all, JsonNode expected, float[] logits, double tolerance) {
        double[] best = Goldens.doubles(expected.get("top20_logits"));
        int[] ids = Goldens.ints(expected.get("top20_ids"));
        float[] byId = new float[all.size()];
        for (TokenLogprob token : all) {
            byId[token.id()] = token.logprob() - all.getFirst().logprob();
        }
        assertThat(all.getFirst().id()).as(name + " best").isEqualTo(ids[0]);
        for (int i = 0; i < ids.length; i++) {
            assertThat((double) byId[ids[i]])
                    .as(name + " logit " + ids[i])
                    .isCloseTo(best[i] - best[0], org.assertj.core.data.Offset.offset(2 * tolerance + 2 * RECORDED));
        }
        int stride = (byId.length + logits.length - 1) / logits.length;
        float[] found = new float[logits.length];
        float[] shifted = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            found[i] = byId[i * stride];
            shifted[i] = (float) (logits[i] - best[0]);
        }
        Goldens.assertClose(name + " logits", shifted, found, 2 * tolerance + RECORDED);
    }
}
