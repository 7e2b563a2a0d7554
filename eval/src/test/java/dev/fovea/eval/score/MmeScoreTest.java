package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.eval.score.MmeScore.Answered;
import dev.fovea.eval.score.MmeScore.Said;
import java.util.List;
import org.junit.jupiter.api.Test;

class MmeScoreTest {
    @Test
    void answersAreReadFromTheirFirstFourCharacters() {
        says(Said.YES, "Yes.", " YES ", "y", "Yes, it is", "ayes");
        says(Said.NO, "No", "n.", "nope", "No, it is not", "know");
        says(Said.OTHER, "", "x", "unknown", "It is yes", "perhaps no");
    }

    @Test
    void aPictureCountsOnlyWithBothQuestionsRight() {
        MmeScore score = MmeScore.of(
                List.of(answered("a", true), answered("b", true), answered("b", false), answered("a", true)));
        assertThat(score.accuracy()).isEqualTo(75);
        assertThat(score.accuracyPlus()).isEqualTo(50);
        assertThat(score.points()).isEqualTo(125);
    }

    @Test
    void aPictureWithOneAnswerCountsForTheAccuracyAlone() {
        MmeScore score = MmeScore.of(List.of(
                answered("a", true),
                answered("a", true),
                answered("b", true),
                answered("b", false),
                answered("c", true)));
        assertThat(score.accuracy()).isEqualTo(80); // 4 of 5
        assertThat(score.accuracyPlus()).isEqualTo(50); // 1 of 2
    }

    @Test
    void tenSubtasksArePerceptionAndFourCognition() {
        assertThat(MmeScore.PERCEPTION).hasSize(10).doesNotHaveDuplicates();
        assertThat(MmeScore.COGNITION).hasSize(4).doesNotContainAnyElementsOf(MmeScore.PERCEPTION);
    }

    private static Answered answered(String picture, boolean right) {
        return new Answered(picture, right);
    }

    private static void says(Said said, String... answers) {
        for (String answer : answers) {
            assertThat(MmeScore.said(answer)).as(answer).isEqualTo(said);
        }
    }
}
