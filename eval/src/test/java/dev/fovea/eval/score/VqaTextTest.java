package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VqaTextTest {
    /// Made by running the reference.
    @Test
    void goldenVectorsComeOutAsTheReferenceGivesThem() {
        becomes("The 3.5 dogs.", "3.5 dogs");
        becomes("1,000", "1000");
        becomes("$5.00", "$5.00");
        becomes("it's", "it 's");
        becomes("U.S.A.", "usa");
        becomes("two-thirds", "2 thirds");
        becomes("a b-c", "b c");
        becomes("none", "0");
        becomes("isnt it?", "isn't it");
        becomes("10:30", "10:30");
        becomes("3. 4", "3 4");
    }

    @Test
    void aMarkThatTouchesASpaceAnywhereGoesEverywhere() {
        becomes("b-c d-e", "b c d e");
        becomes("b -c d-e", "b c de");
    }

    @Test
    void articlesGoAndSmallNumbersBecomeDigits() {
        becomes("an apple a day in the zoo", "apple day in zoo");
        becomes("Zero one two three four five six seven eight nine ten eleven", "0 1 2 3 4 5 6 7 8 9 10 eleven");
    }

    @Test
    void onlyThirtyTwoPeriodsAreDropped() {
        becomes("x" + ".".repeat(40), "x" + ".".repeat(8));
    }

    @Test
    void contractionsAreMendedAndOneIsBroken() {
        assertThat(Contractions.size()).isEqualTo(120);
        becomes("youve dont oclock", "you've don't o'clock");
        becomes("somebody'd", "somebodyd");
        becomes("Id've", "id've"); // the table has the key in capitals only
    }

    @Test
    void lineBreaksTabsAndNoBreakSpacesAreSpaces() {
        becomes("\tred\ncar\u00a0park\r\n", "red car park");
    }

    @Test
    void withoutTheFirstStepCommasArePunctuationAndThousandsDropEveryMark() {
        assertThat(VqaText.normaliseUncleaned("it's")).isEqualTo("it's");
        assertThat(VqaText.normaliseUncleaned("what?")).isEqualTo("what");
        assertThat(VqaText.normaliseUncleaned("b/c")).isEqualTo("b c");
        assertThat(VqaText.normaliseUncleaned("b/c 1,000")).isEqualTo("bc 1000");
        assertThat(VqaText.normalise("b/c 1,000")).isEqualTo("b c 1000");
    }

    private static void becomes(String answer, String normalised) {
        assertThat(VqaText.normalise(answer)).as(answer).isEqualTo(normalised);
    }
}
