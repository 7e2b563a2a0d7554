package dev.fovea.engine.text;

import dev.fovea.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/// Chooses tokens from logits as a [Sampling] says. Not thread-safe; one per generation.
public final class Sampler {
    private final Sampling sampling;
    private final SplittableRandom random;
    private final BitSet seen = new BitSet();

    /// @param prompt tokens that count as already in the text for the repetition penalty
    public Sampler(Sampling sampling, int[] prompt) {
        this.sampling = sampling;
        this.random = new SplittableRandom(sampling.seed());
        for (int token : prompt) {
            if (token >= 0) {
                seen.set(token);
            }
        }
    }

    /// Chooses the next token. Ties go to the lower id.
    ///
    /// @param logits `[1, vocab]`; overwritten
    public int next(Tensor logits) {
        float[] scores = logits.data();
        int from = logits.at(0);
        int to = from + logits.cols();
        if (sampling.repetitionPenalty() != 1) {
            penalize(scores, from, logits.cols());
        }
        int token = sampling.temperature() == 0 ? argmax(scores, from, to) - from : draw(scores, from, to);
        seen.set(token);
        return token;
    }

    private void penalize(float[] scores, int from, int vocab) {
        for (int id = seen.nextSetBit(0); id >= 0 && id < vocab; id = seen.nextSetBit(id + 1)) {
            float score = scores[from + id];
            double penalty = sampling.repetitionPenalty();
            scores[from + id] = (float) (score < 0 ? score * penalty : score / penalty);
        }
    }

    private static int argmax(float[] scores, int from, int to) {
        int best = from;
        for (int i = from + 1; i < to; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return best;
    }

    /// Draws from what temperature, top-k, top-p and min-p leave.
    private int draw(float[] scores, int from, int to) {
        int limit = sampling.topK() == 0 ? to - from : Math.min(sampling.topK(), to - from);
        int[] ids = best(scores, from, to, limit);
        double[] weights = new double[ids.length];
        double sum = 0;
        for (int i = 0; i < ids.length; i++) {
            weights[i] = Math.exp((scores[from + ids[i]] - scores[from + ids[0]]) / sampling.temperature());
            sum += weights[i];
        }
        int keep = 0;
        double kept = 0;
        while (keep < ids.length
                && kept < sampling.topP() * sum
                && (keep == 0 || weights[keep] >= sampling.minP() * weights[0])) {
            kept += weights[keep++];
        }
        double at = random.nextDouble() * kept;
        int choice = 0;
        while (choice < keep - 1 && at >= weights[choice]) {
            at -= weights[choice++];
        }
        return ids[choice];
    }

    /// The ids of the `count` highest scores, best first, ties by id.
    private static int[] best(float[] scores, int from, int to, int count) {
        long[] heap = new long[count]; // a binary heap, worst first
        int size = 0;
        for (int id = 0; id < to - from; id++) {
            long key = key(scores[from + id], id);
            if (size < count) {
                heap[size] = key;
                raise(heap, size++);
            } else if (count > 0 && key > heap[0]) {
                heap[0] = key;
                sink(heap, size);
            }
        }
        Arrays.sort(heap, 0, size);
        int[] ids = new int[size];
        for (int i = 0; i < size; i++) {
            ids[i] = ~(int) heap[size - 1 - i];
        }
        return ids;
    }

    /// Orders as the score, then by falling id; the id is in the lower half, inverted.
    private static long key(float score, int id) {
        int bits = Float.floatToIntBits(score + 0f);
        int ordered = bits ^ (bits >> 31 & Integer.MAX_VALUE);
        return (long) ordered << 32 | ~id & 0xffff_ffffL;
    }

    private static void raise(long[] heap, int at) {
        for (int up = (at - 1) / 2; at > 0 && heap[at] < heap[up]; up = (at - 1) / 2) {
            swap(heap, at, up);
            at = up;
        }
    }

    private static void sink(long[] heap, int size) {
        int at = 0;
        for (int down = 1; down < size; down = 2 * at + 1) {
            if (down + 1 < size && heap[down + 1] < heap[down]) {
                down++;
            }
            if (heap[at] <= heap[down]) {
                return;
            }
            swap(heap, at, down);
            at = down;
        }
    }

    private static void swap(long[] heap, int a, int b) {
        long key = heap[a];
        heap[a] = heap[b];
        heap[b] = key;
    }

    /// The `count` likeliest tokens of raw logits, best first.
    ///
    /// @param logits `[1, vocab]`
    public static List<TokenLogprob> best(Tensor logits, int count) {
        int from = logits.at(0);
        int to = from + logits.cols();
        double log = logSumExp(logits);
        List<TokenLogprob> best = new ArrayList<>();
        for (int id : best(logits.data(), from, to, Math.min(count, logits.cols()))) {
            best.add(new TokenLogprob(id, (float) (logits.data()[from + id] - log)));
        }
        return best;
    }

    /// The logarithm of the sum of the exponentials, the normaliser of log-probabilities.
    ///
    /// @param logits `[1, vocab]`
    public static double logSumExp(Tensor logits) {
        int from = logits.at(0);
        int to = from + logits.cols();
        double max = logits.data()[argmax(logits.data(), from, to)];
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += Math.exp(logits.data()[i] - max);
        }
        return max + Math.log(sum);
    }
}
