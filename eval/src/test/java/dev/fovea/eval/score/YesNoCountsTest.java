package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class YesNoCountsTest {
    private static final double ROUNDING = 2 * Math.ulp(1.0);

    @Test
    void anAnswerIsNoIfItsFirstSentenceHasOneOfThreeWords() {
        says(false, "No", "no", "No, there is a dog", "There is not a dog. Yes", "I see no, really no, dog");
        says(true, "Yes", "Yes. There is no cat", "nothing of the kind", "");
    }

    @Test
    void onlySpacesDivideWordsAndOnlyCommasAreDropped() {
        says(true, "NO", "no!", "yes\nno", "\"no\"");
    }

    /// 5 yes labels: 4 said yes, 1 no. 5 no labels: 2 said yes, 3 no.
    @Test
    void measuresAreThoseOfTheirDefinitions() {
        YesNoCounts counts = counts(4, 2, 3, 1);
        assertThat(counts.total()).isEqualTo(10);
        assertThat(counts.accuracy()).isEqualTo(0.7);
        assertThat(counts.precision()).isEqualTo(4 / 6.0);
        assertThat(counts.recall()).isEqualTo(0.8);
        assertThat(counts.f1()).isCloseTo(2 * (4 / 6.0) * 0.8 / (4 / 6.0 + 0.8), within(ROUNDING));
        assertThat(counts.yesRatio()).isEqualTo(0.6);
    }

    @Test
    void theHeadlineIsTheMeanF1OfTheSplits() {
        List<YesNoCounts> splits = List.of(counts(4, 2, 3, 1), counts(1, 0, 1, 0)); // 8/11 and 1
        assertThat(YesNoCounts.meanF1(splits)).isCloseTo(19 / 22.0, within(ROUNDING));
    }

    @Test
    void nothingSaidYesGivesZeroAndNoFailure() {
        YesNoCounts never = counts(0, 0, 3, 0);
        assertThat(never.precision()).isZero();
        assertThat(never.recall()).isZero();
        assertThat(never.f1()).isZero();
        assertThat(YesNoCounts.NONE.accuracy()).isZero();
    }

    @Test
    void theStricterReadingWantsTheWordAlone() {
        assertThat(YesNoCounts.isExactly("yes", " YES ")).isTrue();
        assertThat(YesNoCounts.isExactly("yes", "Yes.")).isFalse();
    }

    private static YesNoCounts counts(int truePositive, int falsePositive, int trueNegative, int falseNegative) {
        YesNoCounts counts = YesNoCounts.NONE;
        int[] each = {truePositive, falsePositive, trueNegative, falseNegative};
        for (int kind = 0; kind < each.length; kind++) {
            for (int i = 0; i < each[kind]; i++) {
                counts = counts.with(kind == 0 || kind == 3, kind < 2);
            }
        }
        return counts;
    }

    private static void says(boolean yes, String... answers) {
        for (String answer : answers) {
            assertThat(YesNoCounts.saysYes(answer)).as(answer).isEqualTo(yes);
        }
    }
}
