package dev.fovea.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.kernel.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final int DRAWS = 20_000;

    /// Probabilities 0.5, 0.25, 0.15, 0.1 in an order that is not sorted.
    private static Tensor logits() {
        double[] probabilities = {0.15, 0.5, 0.1, 0.25};
        float[] logits = new float[4];
        for (int i = 0; i < 4; i++) {
            logits[i] = (float) Math.log(probabilities[i]) + 3;
        }
        return Tensor.of(logits, 1, 4);
    }

    private static Sampling sampling(double temperature, int topK, double topP, double minP) {
        return new Sampling(1, temperature, topK, topP, minP, 1, 7, List.of(), Set.of(), false, 0);
    }

    /// How often each token is drawn.
    private static double[] frequencies(Sampling sampling) {
        Sampler sampler = new Sampler(sampling, new int[0]);
        double[] frequencies = new double[4];
        for (int i = 0; i < DRAWS; i++) {
            frequencies[sampler.next(logits())] += 1.0 / DRAWS;
        }
        return frequencies;
    }

    /// Five standard deviations of a frequency.
    private static final double SPREAD = 5 * Math.sqrt(0.25 / DRAWS);

    private static void assertFrequencies(Sampling sampling, double... expected) {
        double[] found = frequencies(sampling);
        for (int i = 0; i < 4; i++) {
            if (expected[i] == 0) {
                assertThat(found[i]).as("token " + i).isZero();
            } else {
                assertThat(found[i])
                        .as("token " + i)
                        .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(SPREAD));
            }
        }
    }

    @Test
    void temperatureOneDrawsTheModelsProbabilities() {
        assertFrequencies(sampling(1, 0, 1, 0), 0.15, 0.5, 0.1, 0.25);
    }

    @Test
    void temperatureHalfSquaresThem() {
        double sum = 0.0225 + 0.25 + 0.01 + 0.0625;
        assertFrequencies(sampling(0.5, 0, 1, 0), 0.0225 / sum, 0.25 / sum, 0.01 / sum, 0.0625 / sum);
    }

    @Test
    void topKKeepsTheLikeliest() {
        assertFrequencies(sampling(1, 2, 1, 0), 0, 2.0 / 3, 0, 1.0 / 3);
    }

    @Test
    void topPKeepsTheFewestThatReachIt() {
        assertFrequencies(sampling(1, 0, 0.7, 0), 0, 2.0 / 3, 0, 1.0 / 3);
    }

    @Test
    void minPIsRelativeToTheLikeliest() {
        assertFrequencies(sampling(1, 0, 1, 0.25), 0.15 / 0.9, 0.5 / 0.9, 0, 0.25 / 0.9);
    }

    @Test
    void theRepetitionPenaltyWeakensWhatWasSaid() {
        Sampling penalised = new Sampling(1, 0, 0, 1, 0, 2, 0, List.of(), Set.of(), false, 0);
        Sampler sampler = new Sampler(penalised, new int[] {2});
        assertThat(sampler.next(Tensor.of(new float[] {1, -3, 1.9f, -4}, 1, 4))).isZero();
        Sampler negative = new Sampler(penalised, new int[] {1});
        assertThat(negative.next(Tensor.of(new float[] {-5, -3, -7, -8}, 1, 4))).isZero();
    }

    @Test
    void greedyTiesGoToTheLowerId() {
        Sampler sampler = new Sampler(Sampling.greedy(1), new int[0]);
        assertThat(sampler.next(Tensor.of(new float[] {1, 4, 4, 0}, 1, 4))).isEqualTo(1);
    }

    @Test
    void theBestLogProbabilitiesAreThoseOfASort() {
        Random random = new Random(11);
        float[] logits = new float[1000];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = Math.round(random.nextGaussian() * 20) / 4f; // many ties, both signs
        }
        List<TokenLogprob> best = Sampler.best(Tensor.of(logits, 1, 1000), 300);
        int[] sorted = IntStream.range(0, 1000)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparingInt(i -> i))
                .mapToInt(i -> i)
                .limit(300)
                .toArray();
        assertThat(best.stream().mapToInt(TokenLogprob::id).toArray()).containsExactly(sorted);
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        assertThat((double) best.getFirst().logprob())
                .isCloseTo(logits[sorted[0]] - Math.log(sum), org.assertj.core.data.Offset.offset(1e-5));
    }

    @Test
    void absurdSettingsAreRefusedByName() {
        assertThatThrownBy(() -> sampling(1, -1, 1, 0))
                .hasMessageContaining("top-k")
                .hasMessageContaining("-1");
        assertThatThrownBy(() -> sampling(1, 0, 0, 0)).hasMessageContaining("top-p");
        assertThatThrownBy(() -> sampling(Double.NaN, 0, 1, 0)).hasMessageContaining("temperature");
        assertThatThrownBy(() -> Sampling.greedy(0)).hasMessageContaining("max tokens");
    }
}
