package dev.fovea.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CopiesTest {
    @Test
    void eachIsFreedAloneAndTheRestWithTheOwner() {
        Arena owner = Arena.ofShared();
        Copies copies = new Copies(owner);
        MemorySegment first = copies.allocate(1000);
        MemorySegment second = copies.allocate(1000);
        assertThat(first.address() % 64).isZero();
        assertThat(copies.release(first.asReadOnly())).isTrue();
        assertThatThrownBy(() -> first.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThat(second.get(ValueLayout.JAVA_BYTE, 999)).isZero();
        owner.close();
        assertThatThrownBy(() -> second.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatIsNoneOfThemIsLeftAlone() {
        try (Arena owner = Arena.ofConfined()) {
            Copies copies = new Copies(owner);
            MemorySegment other = owner.allocate(64);
            assertThat(copies.release(other)).isFalse();
            assertThat(other.get(ValueLayout.JAVA_BYTE, 0)).isZero();
        }
    }
}
