package dev.fovea.engine.text;

import java.util.List;
import java.util.Set;

/// How the next token is chosen and when to stop.
///
/// Order of the filters, as in transformers: repetition penalty, temperature, top-k, top-p, min-p. Greedy when
/// `temperature` is 0.
///
/// @param maxTokens         new tokens at most, at least 1
/// @param temperature       0 for greedy
/// @param topK              keep the `topK` likeliest tokens; 0 for all
/// @param topP              keep the fewest tokens whose probability reaches `topP`; 1 for all
/// @param minP              drop tokens less likely than `minP` times the likeliest; 0 for none
/// @param repetitionPenalty divides positive and multiplies negative logits of tokens already in the text; 1 for none
/// @param seed              of the random choice
/// @param stopStrings       generation ends when the answer contains one; it is cut off
/// @param stopIds           besides the checkpoint's own end tokens
/// @param ignoreEnd         whether the checkpoint's end tokens do not stop
/// @param logprobs          how many best log-probabilities of the first step to report; 0 for none
public record Sampling(
        int maxTokens,
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        long seed,
        List<String> stopStrings,
        Set<Integer> stopIds,
        boolean ignoreEnd,
        int logprobs) {

    public Sampling {
        check(maxTokens >= 1, "max tokens: expected at least 1", maxTokens);
        check(temperature >= 0 && temperature < 100, "temperature: expected 0 … 100", temperature);
        check(topK >= 0, "top-k: expected at least 0", topK);
        check(topP > 0 && topP <= 1, "top-p: expected above 0, at most 1", topP);
        check(minP >= 0 && minP <= 1, "min-p: expected 0 … 1", minP);
        check(
                repetitionPenalty > 0 && repetitionPenalty < 100,
                "repetition penalty: expected above 0",
                repetitionPenalty);
        check(stopStrings.stream().noneMatch(String::isEmpty), "stop string: expected text", "an empty one");
        check(logprobs >= 0, "logprobs: expected at least 0", logprobs);
        stopStrings = List.copyOf(stopStrings);
        stopIds = Set.copyOf(stopIds);
    }

    private static void check(boolean holds, String expected, Object found) {
        if (!holds) {
            throw new IllegalArgumentException(expected + ", found " + found);
        }
    }

    /// Greedy, at most `maxTokens` new tokens.
    public static Sampling greedy(int maxTokens) {
        return new Sampling(maxTokens, 0, 0, 1, 0, 1, 0, List.of(), Set.of(), false, 0);
    }

    /// The same with `count` best log-probabilities of the first step.
    public Sampling withLogprobs(int count) {
        return new Sampling(
                maxTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                seed,
                stopStrings,
                stopIds,
                ignoreEnd,
                count);
    }
}
