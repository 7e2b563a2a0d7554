package dev.fovea.engine;

import java.util.List;

/// How likely a model thinks each of some answers to one prompt.
///
/// @param options in the order in which they were given, at least one
/// @param stats   what scoring them cost, all together
public record OptionScores(List<OptionScore> options, Stats stats) {
    public OptionScores {
        options = List.copyOf(options);
    }

    /// Index of the option with the lowest mean loss; of equals the first.
    public int best() {
        int best = 0;
        for (int i = 1; i < options.size(); i++) {
            if (options.get(i).loss() < options.get(best).loss()) {
                best = i;
            }
        }
        return best;
    }
}
