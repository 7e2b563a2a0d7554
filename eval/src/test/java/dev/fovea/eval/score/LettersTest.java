package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LettersTest {
    private static final SortedMap<String, String> ANIMALS = new TreeMap<>(Map.of("A", "cat", "B", "dog", "C", "bird"));

    @Test
    void llavaReadsALetterALetterWithTextOrOneSentence() {
        science(ScienceQaRule.LLAVA, "B", "B", "B. cat", "The answer is B.", "So. The answer is B, I think");
        nothing(ScienceQaRule.LLAVA, "b", "B.", "The answer is B", "The answer is A. The answer is B.", "B) cat");
    }

    @Test
    void llavaWantsALetterAmongTheChoices() {
        assertThat(ScienceQaRule.LLAVA.letter("D", 4)).contains("D");
        nothing(ScienceQaRule.LLAVA, "E", "The answer is E.", "The answer is F.", "F");
    }

    @Test
    void lmmsEvalReadsALetterOrACapitalWithAPeriod() {
        science(ScienceQaRule.LMMS_EVAL, "B", "b", "B", "B.", "B. cat");
        nothing(ScienceQaRule.LMMS_EVAL, "b. cat", "The answer is B.", "", "E");
    }

    @Test
    void mmBenchTakesTheOneLetterAmongTheWords() {
        animal("B", "B", "B.", "(B)", "B)", ":B", "The answer is B.", "It must be (B).", "B: dog");
        animal("C", "C, a cat"); // decorated; the text of another option does not matter any more
    }

    @Test
    void mmBenchTakesABareAForAnArticleInALongerAnswer() {
        animal("A", "A dog"); // of two words it is the letter
        animal("B", "A dog is sitting there");
        animal("A", "A cat is sitting there");
    }

    @Test
    void mmBenchTakesTheOneOptionWhoseTextIsThere() {
        animal("C", "I see a Bird");
        assertThat(OptionLetter.infer("cat and dog", ANIMALS)).isEmpty();
        assertThat(OptionLetter.infer("B or C", ANIMALS)).isEmpty();
        assertThat(OptionLetter.infer("D", ANIMALS)).isEmpty();
        assertThat(OptionLetter.infer("", ANIMALS)).isEmpty();
    }

    @Test
    void circularEvalWantsEveryRotationRight() {
        CircularEval circular = new CircularEval();
        circular.add(7, true);
        circular.add(1_000_007, true);
        circular.add(8, true);
        circular.add(1_000_008, false);
        circular.add(2_000_008, true);
        assertThat(circular.total()).isEqualTo(2);
        assertThat(circular.passed()).isEqualTo(1);
    }

    @Test
    void vStarReadsTheUsualWaysToNameALetter() {
        vStar("A", "A", "a.", "(A)", "A) red", "The answer is A", "I think (A) is right", "It is A.");
        vStar("D", "it is d for sure");
    }

    @Test
    void vStarKeepsTheReferencesSlips() {
        vStar("B", "blue"); // starts with the letter
        vStar("A", "Answer: D"); // so does this, before the pattern for it is tried
        vStar("A", "grey metal"); // holds one of the four letters
        assertThat(VStarRule.letter("")).isEmpty();
        assertThat(VStarRule.letter("the choice made")).isEmpty(); // C, A and D
    }

    @Test
    void theCheapestOptionWinsAndTheFirstOfEquals() {
        assertThat(VStarRule.cheapest(new double[] {2, 1, 1})).isEqualTo(1);
        assertThat(VStarRule.cheapest(new double[] {1, 1})).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VStarRule.cheapest(new double[] {Double.NaN, 1}))
                .withMessageContaining("option 0");
        assertThatIllegalArgumentException().isThrownBy(() -> VStarRule.cheapest(new double[0]));
    }

    private static void science(ScienceQaRule rule, String letter, String... answers) {
        for (String answer : answers) {
            assertThat(rule.letter(answer, 4)).as(answer).contains(letter);
        }
    }

    private static void nothing(ScienceQaRule rule, String... answers) {
        for (String answer : answers) {
            assertThat(rule.letter(answer, 4)).as(answer).isEmpty();
        }
    }

    private static void animal(String letter, String... answers) {
        for (String answer : answers) {
            assertThat(OptionLetter.infer(answer, ANIMALS)).as(answer).isEqualTo(Optional.of(letter));
        }
    }

    private static void vStar(String letter, String... answers) {
        for (String answer : answers) {
            assertThat(VStarRule.letter(answer)).as(answer).contains(letter);
        }
    }
}
