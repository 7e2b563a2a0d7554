package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RelaxedAccuracyTest {
    @Test
    void numbersMayBeFivePercentOff() {
        right("104", "100");
        right("105", "100");
        right("95", "100");
        wrong("106", "100");
        wrong("94.9", "100");
        right("-5.1", "-5");
        wrong("-5", "5");
    }

    @Test
    void aPercentageIsAHundredth() {
        wrong("45", "45%");
        right("0.45", "45%");
        right("45 %", "45%");
        right("45%%", "45%");
    }

    @Test
    void aGoldOfZeroNeedsTheSameText() {
        right("0", "0");
        wrong("0.0", "0");
        wrong("0", "0.0");
    }

    @Test
    void textMustBeTheSameButForCase() {
        right("YES", "yes");
        wrong("yes.", "yes");
        wrong("yes ", "yes");
    }

    @Test
    void numbersAreThoseOfPython() {
        wrong("1,000", "1000"); // no thousands separators
        right("1_000", "1000");
        right(" 1e3 ", "1000");
        right(".5", "0.5");
        right("5.", "5");
        wrong("12f", "12"); // Java would take these two
        wrong("0x10", "16");
        wrong("inf", "inf"); // a number, but infinity over infinity is none
        wrong("nan", "nan");
        wrong("1_", "1");
    }

    @Test
    void aVeryLongNumberIsReadAsAnyOther() {
        wrong("1_2".repeat(300_000), "1");
        wrong("1" + "_1".repeat(300_000), "1"); // overflows to infinity
    }

    private static void right(String answer, String gold) {
        assertThat(RelaxedAccuracy.correct(answer, gold))
                .as(answer + " for " + gold)
                .isTrue();
    }

    private static void wrong(String answer, String gold) {
        assertThat(RelaxedAccuracy.correct(answer, gold))
                .as("%.20s for %s", answer, gold)
                .isFalse();
    }
}
