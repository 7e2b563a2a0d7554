package dev.fovea.engine;

import dev.fovea.engine.text.TokenLogprob;
import java.util.List;

/// An answer.
///
/// @param text          without special tokens and without what stopped it
/// @param ids           every token made, the one that ended it included
/// @param stopReason    why it ended
/// @param firstLogprobs the likeliest tokens of the first step, as many as were asked for
/// @param logprob       natural logarithm of the probability of all tokens made, in order
/// @param stats         what it cost
public record Generation(
        String text,
        int[] ids,
        StopReason stopReason,
        List<TokenLogprob> firstLogprobs,
        float[] logprob,
        Stats stats) {}
