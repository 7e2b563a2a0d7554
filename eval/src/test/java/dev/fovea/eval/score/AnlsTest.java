package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnlsTest {
    private static final double ROUNDING = 2 * Math.ulp(1.0); // one quotient and one difference

    @Test
    void caseAndSpacesAtTheEndsDoNotCount() {
        both(" Hello ", "hELLO", 1, 1);
    }

    @Test
    void exactlyHalfCountsAndLessIsNothing() {
        both("abcd", "abxy", 0.5, 0.5); // 1 - 2/4
        both("abc", "axy", 0, 0); // 1 - 2/3
        both("abcdefg", "abcwxyz", 0, 0); // 1 - 4/7
    }

    @Test
    void theTwoHarnessesDivideByDifferentLengths() {
        // Collapsing makes the texts equal for lmms-eval; m4c sees one space too many in 4 characters.
        both("a  b", "a b", 0.75, 1);
        // The distance is 2 for both; m4c divides by the 4 letters of the gold, lmms-eval by the 7 of the answer.
        both("  ab   ", "abcd", 0.5, 5 / 7.0);
        // lmms-eval measures STRASSE.
        both("straße", "strase", 5 / 6.0, 6 / 7.0);
    }

    @Test
    void theClosestGoldCounts() {
        assertThat(Anls.M4C.score("cat", List.of("dog", "cats", "bird"))).isCloseTo(0.75, within(ROUNDING));
        assertThat(Anls.LMMS_EVAL.score("cat", List.of("dog", "cats", "bird"))).isCloseTo(0.75, within(ROUNDING));
    }

    @Test
    void emptyTextsAreAlikeAndAnEmptyAnswerIsWorthNothing() {
        both("", "", 1, 1);
        both("", "x", 0, 0);
    }

    @Test
    void charactersBeyondTheBasicPlaneCountOnce() {
        both("😀a", "😁a", 0.5, 0.5);
    }

    @Test
    void distancesAreLevenshteins() {
        assertThat(distance("kitten", "sitting")).isEqualTo(3);
        assertThat(distance("", "abc")).isEqualTo(3);
        assertThat(distance("flaw", "lawn")).isEqualTo(2);
    }

    private static int distance(String a, String b) {
        return Anls.distance(a.codePoints().toArray(), b.codePoints().toArray());
    }

    private static void both(String answer, String gold, double m4c, double lmmsEval) {
        assertThat(Anls.M4C.score(answer, List.of(gold))).as("m4c %s", answer).isCloseTo(m4c, within(ROUNDING));
        assertThat(Anls.LMMS_EVAL.score(answer, List.of(gold)))
                .as("lmms-eval %s", answer)
                .isCloseTo(lmmsEval, within(ROUNDING));
    }
}
