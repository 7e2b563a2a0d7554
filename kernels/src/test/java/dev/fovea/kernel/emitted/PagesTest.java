package dev.fovea.kernel.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4097, (2 << 20) - 1, 2 << 20, (5 << 20) + 77})
    void memoryIsZeroAlignedAndGoesWithItsArena(long bytes) {
        MemorySegment memory;
        try (Arena arena = Arena.ofShared()) {
            memory = Pages.large(bytes, arena);
            assertThat(memory.byteSize()).isEqualTo(bytes);
            assertThat(memory.address() % 64).isZero();
            assertThat(memory.mismatch(arena.allocate(bytes))).isEqualTo(-1);
            memory.fill((byte) 1);
            MemorySegment other = Pages.large(bytes, arena).fill((byte) 2);
            assertThat(memory.asOverlappingSlice(other)).isEmpty();
        }
        assertThatIllegalStateException().isThrownBy(() -> memory.fill((byte) 3));
    }
}
