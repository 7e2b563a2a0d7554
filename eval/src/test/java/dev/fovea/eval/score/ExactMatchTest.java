package dev.fovea.eval.score;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExactMatchTest {
    @Test
    void hrMiniTrimsAndNothingElse() {
        assertThat(ExactMatch.trimmed(" 8.70\n", List.of("8.70"))).isTrue();
        assertThat(ExactMatch.trimmed("8.7", List.of("8.70"))).isFalse();
        assertThat(ExactMatch.trimmed("Bakery", List.of("bakery"))).isFalse();
    }

    @Test
    void gqaDropsPeriodsAtTheEndAndCase() {
        assertThat(ExactMatch.gqa("Yes.", "yes")).isTrue();
        assertThat(ExactMatch.gqa("a.b", "ab")).isFalse();
        assertThat(ExactMatch.gqa("yes, it is", "yes")).isFalse();
    }
}
