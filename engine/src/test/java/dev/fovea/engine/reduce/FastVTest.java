package dev.fovea.engine.reduce;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// FastV's arithmetic of counts.
class FastVTest {
    @Test
    void countsAreRoundedHalfToEven() {
        assertThat(FastV.kept(576, 0.9)).isEqualTo(58);
        assertThat(FastV.kept(576, 0.5)).isEqualTo(288);
        assertThat(FastV.kept(1, 0.5)).isZero();
        assertThat(FastV.kept(3, 0.5)).isEqualTo(2);
        assertThat(FastV.kept(576, 1)).isZero();
    }
}
