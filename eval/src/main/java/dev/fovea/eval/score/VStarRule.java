package dev.fovea.eval.score;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// V* Bench's two ways to choose: the option with the lowest loss, or a letter read from the answer.
public final class VStarRule {
    /// Tried in order on the answer in capitals; group 1 is the letter (lmms-eval,
    /// `lmms_eval/tasks/vstar_bench/utils.py`, `extract_answer_letter`).
    ///
    /// The first takes any answer that starts with one of the letters: `blue` is B. That is the reference's.
    private static final List<Pattern> PATTERNS = List.of(
            Pattern.compile("^([A-D])\\s*[.)\\]]*"),
            Pattern.compile("(?:THE\\s+)?(?:ANSWER|CHOICE|OPTION)(?:\\s+IS)?[\\s:]+([A-D])"),
            Pattern.compile("\\(([A-D])\\)"),
            Pattern.compile("([A-D])\\s*[.)\\]]"),
            Pattern.compile("(?:^|\\s)([A-D])(?:\\s|$)"));

    private static final Pattern LETTER = Pattern.compile("[A-D]");

    private VStarRule() {}

    /// The option that `losses` prefers: the lowest mean loss, the first of equals.
    ///
    /// Option 0 is the right one of every question, so the tie's rule favours the model; it is the authors'
    /// (`vstar_bench_eval.py`, `argmin`).
    ///
    /// @param losses mean token cross-entropy of each option
    public static int cheapest(double[] losses) {
        if (losses.length == 0) {
            throw new IllegalArgumentException("losses: expected one for each option, found none");
        }
        int best = 0;
        for (int i = 1; i < losses.length; i++) {
            if (losses[i] < losses[best]) {
                best = i;
            }
        }
        return best;
    }

    /// The letter A to D that an answer names.
    public static Optional<String> letter(String answer) {
        String capitals = PythonText.strip(answer).toUpperCase(Locale.ROOT);
        for (Pattern pattern : PATTERNS) {
            Matcher matcher = pattern.matcher(capitals);
            if (matcher.find()) {
                return Optional.of(matcher.group(1));
            }
        }
        List<String> letters =
                LETTER.matcher(capitals).results().map(MatchResult::group).toList();
        return letters.size() == 1 ? Optional.of(letters.getFirst()) : Optional.empty();
    }
}
