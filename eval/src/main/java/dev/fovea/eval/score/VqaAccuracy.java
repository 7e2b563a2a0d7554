package dev.fovea.eval.score;

import java.util.List;

/// VQA accuracy: how far an answer agrees with what ten people said (`m4c_evaluator.py`, `TextVQAAccuracyEvaluator`).
public final class VqaAccuracy {
    /// An answer is fully right when so many others gave it.
    private static final double ENOUGH = 3;

    private VqaAccuracy() {}

    /// The mean over all people of `min(1, matches among the others / 3)`; all texts are normalised first.
    ///
    /// With ten people and 0, 1, 2, 3, 4 matches: 0, 0.3, 0.6, 0.9, 1.
    ///
    /// @param people what each person answered, usually ten; at least one
    public static double score(String answer, List<String> people) {
        if (people.isEmpty()) {
            throw new IllegalArgumentException("people: expected at least one answer, found none");
        }
        String normalised = VqaText.normalise(answer);
        int matches = 0;
        for (String person : people) {
            matches += VqaText.normalise(person).equals(normalised) ? 1 : 0;
        }
        int others = people.size() - matches;
        double whenLeftOutMatches = matches == 0 ? 0 : Math.min(1, (matches - 1) / ENOUGH);
        double whenLeftOutDiffers = Math.min(1, matches / ENOUGH);
        return (matches * whenLeftOutMatches + others * whenLeftOutDiffers) / people.size();
    }

    /// Whether any of `golds` is the answer, all normalised: ST-VQA's accuracy (`STVQAAccuracyEvaluator`).
    public static boolean matchesAny(String answer, List<String> golds) {
        String normalised = VqaText.normalise(answer);
        return golds.stream().anyMatch(gold -> VqaText.normalise(gold).equals(normalised));
    }
}
