package dev.fovea.cli.options;

import dev.fovea.engine.text.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/// The options that say how an answer is made.
public final class SamplingChoices {
    @Option(names = "--max-tokens", paramLabel = "N", description = "Tokens at most (default: 256).")
    private int maxTokens = 256;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "Above 0: choose at random, the more so the higher. Default: 0, always the likeliest token.")
    private double temperature;

    @Option(names = "--top-k", paramLabel = "N", description = "Choose among the N likeliest tokens only.")
    private int topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Choose among the likeliest that together reach P.")
    private double topP = 1;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            description = "Leave out tokens less likely than P times the likeliest.")
    private double minP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "R",
            description = "Above 1: tokens already in the text become less likely.")
    private double repetitionPenalty = 1;

    @Option(names = "--seed", paramLabel = "N", description = "Of the random choice (default: 0).")
    private long seed;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "Ends the answer where it would contain TEXT; repeat it for more.")
    private List<String> stop = new ArrayList<>();

    @Option(
            names = "--logprobs",
            paramLabel = "N",
            description = "Report the N likeliest first tokens with the natural logarithm of their probability.")
    private int logprobs;

    public Sampling sampling() {
        return new Sampling(
                maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed, stop, Set.of(), false, logprobs);
    }
}
