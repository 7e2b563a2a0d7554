package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopTextTest {
    @Test
    void whatMightBeginAStopStringIsHeldBack() {
        StopText text = new StopText(List.of("STOP", "\n\n"));
        assertThat(text.add("go S")).isEqualTo("go ");
        assertThat(text.add("T")).isEmpty();
        assertThat(text.add("AY\n")).isEqualTo("STAY");
        assertThat(text.add("x")).isEqualTo("\nx");
        assertThat(text.stopped()).isFalse();
        assertThat(text.add(" STOP never seen")).isEqualTo(" ");
        assertThat(text.stopped()).isTrue();
        assertThat(text.text()).isEqualTo("go STAY\nx ");
    }

    @Test
    void theEarliestStopStringWins() {
        StopText text = new StopText(List.of("cd", "b"));
        assertThat(text.add("abcd")).isEqualTo("a");
        assertThat(text.text()).isEqualTo("a");
    }

    @Test
    void withoutAStopNothingIsLost() {
        StopText text = new StopText(List.of("abc"));
        assertThat(text.add("xab")).isEqualTo("x");
        assertThat(text.rest()).isEqualTo("ab");
        assertThat(text.text()).isEqualTo("xab");
    }
}
