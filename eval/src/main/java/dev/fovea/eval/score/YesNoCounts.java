package dev.fovea.eval.score;

import java.util.Arrays;
import java.util.List;

/// POPE by LLaVA's rule: what an answer says, and the counts that accuracy and F1 come from, `yes` being the positive
/// class (`llava/eval/eval_pope.py`).
///
/// A quotient without a denominator is 0 here; the reference fails.
public record YesNoCounts(int truePositive, int falsePositive, int trueNegative, int falseNegative) {
    /// No answers yet.
    public static final YesNoCounts NONE = new YesNoCounts(0, 0, 0, 0);

    private static final List<String> NO = List.of("No", "not", "no");

    /// Whether `answer` counts as yes: everything does whose first sentence has none of the words `No`, `no`, `not`.
    ///
    /// Only the space divides words, so `no!`, `NO` and a `no` after a line break are yes.
    public static boolean saysYes(String answer) {
        int period = answer.indexOf('.');
        String sentence = (period < 0 ? answer : answer.substring(0, period)).replace(",", "");
        return Arrays.stream(sentence.split(" ", -1)).noneMatch(NO::contains);
    }

    /// lmms-eval's stricter reading: the answer must be the word itself, whatever its case.
    public static boolean isExactly(String gold, String answer) {
        return PythonText.strip(answer).equalsIgnoreCase(gold);
    }

    /// These counts and one answer more.
    public YesNoCounts with(boolean goldYes, boolean saidYes) {
        return new YesNoCounts(
                truePositive + (goldYes && saidYes ? 1 : 0),
                falsePositive + (!goldYes && saidYes ? 1 : 0),
                trueNegative + (!goldYes && !saidYes ? 1 : 0),
                falseNegative + (goldYes && !saidYes ? 1 : 0));
    }

    public int total() {
        return truePositive + falsePositive + trueNegative + falseNegative;
    }

    public double accuracy() {
        return ratio(truePositive + trueNegative, total());
    }

    public double precision() {
        return ratio(truePositive, truePositive + falsePositive);
    }

    public double recall() {
        return ratio(truePositive, truePositive + falseNegative);
    }

    public double f1() {
        return ratio(2.0 * truePositive, 2.0 * truePositive + falsePositive + falseNegative);
    }

    /// The share of answers, not of gold labels, that are yes.
    public double yesRatio() {
        return ratio(truePositive + falsePositive, total());
    }

    /// What papers call POPE: the mean F1 of the splits.
    public static double meanF1(List<YesNoCounts> splits) {
        return splits.stream().mapToDouble(YesNoCounts::f1).average().orElse(0);
    }

    private static double ratio(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }
}
