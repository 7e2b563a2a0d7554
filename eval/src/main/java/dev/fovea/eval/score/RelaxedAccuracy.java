package dev.fovea.eval.score;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/// ChartQA's rule: numbers may be 5 % off, anything else must be the same text but for case (lmms-eval,
/// `lmms_eval/tasks/chartqa/utils.py`, `relaxed_correctness`, after Methani et al. 2020).
public final class RelaxedAccuracy {
    private static final double TOLERANCE = 0.05;

    /// Possessive, so that no text of any length makes the matcher go deep.
    private static final String DIGITS = "\\d++(?:_\\d++)*+";

    /// What Python's `float` takes: no thousands separators, no hexadecimal, no type suffix, but underscores between
    /// digits.
    private static final Pattern NUMBER = Pattern.compile(
            "[+-]?(?:" + DIGITS + "(?:\\.(?:" + DIGITS + ")?)?|\\." + DIGITS + ")(?:[eE][+-]?" + DIGITS + ")?");

    private static final Pattern INFINITE = Pattern.compile("[+-]?inf(?:inity)?");
    private static final Pattern NOT_A_NUMBER = Pattern.compile("[+-]?nan");

    private RelaxedAccuracy() {}

    /// Whether `answer` is close enough to `gold`.
    ///
    /// The gold number must not be zero, or text decides. `45` and `45%` are numbers that differ a hundredfold.
    public static boolean correct(String answer, String gold) {
        OptionalDouble p = number(answer);
        OptionalDouble g = number(gold);
        if (p.isPresent() && g.isPresent() && g.getAsDouble() != 0) {
            return Math.abs(p.getAsDouble() - g.getAsDouble()) / Math.abs(g.getAsDouble()) <= TOLERANCE;
        }
        return answer.toLowerCase(Locale.ROOT).equals(gold.toLowerCase(Locale.ROOT));
    }

    /// The number that `text` is; a percentage is a hundredth.
    static OptionalDouble number(String text) {
        if (!text.endsWith("%")) {
            return plain(text);
        }
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '%') {
            end--;
        }
        OptionalDouble number = plain(text.substring(0, end));
        return number.isPresent() ? OptionalDouble.of(number.getAsDouble() / 100) : number;
    }

    private static OptionalDouble plain(String text) {
        String bare = PythonText.strip(text);
        if (NUMBER.matcher(bare).matches()) {
            return OptionalDouble.of(Double.parseDouble(bare.replace("_", "")));
        }
        String lower = bare.toLowerCase(Locale.ROOT);
        if (INFINITE.matcher(lower).matches()) {
            return OptionalDouble.of(lower.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        }
        return NOT_A_NUMBER.matcher(lower).matches() ? OptionalDouble.of(Double.NaN) : OptionalDouble.empty();
    }
}
