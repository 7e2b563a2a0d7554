package dev.fovea.kernel.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.CacheRoutines.CacheRows;
import dev.fovea.kernel.emitted.CacheRoutines.PerHead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Machine code against its definition, bit for bit, at odd places and between bytes that must stay; on the heap and
/// off it.
@ParameterizedClass(name = "{0}")
@EnumSource(CodeUnderTest.class)
class CacheRoutinesTest {
    private static final int GUARD = 100;

    private final Random random = new Random(20261123);
    private final Arena arena = Arena.ofConfined();
    private final CacheRoutines plain = new PlainCacheRoutines();
    private final CodeUnderTest code;
    private CacheRoutines machine = plain;

    CacheRoutinesTest(CodeUnderTest code) {
        this.code = code;
    }

    @BeforeEach
    void needsTheProcessor() {
        machine = new MachineCacheRoutines(code.code(), arena);
    }

    @AfterEach
    void close() {
        arena.close();
    }

    @ParameterizedTest
    @CsvSource({
        "F16, 1, 1, 1, 1", "F16, 4, 1, 1, 1", "F16, 1, 3, 1, 8", "F16, 4, 32, 1, 8", "F16, 8, 5, 1, 4",
        "F16, 4, 2, 1, 16", "F16, 1, 2, 4, 3", "F16, 4, 3, 8, 4", "F16, 15, 2, 7, 4", "F16, 1, 2, 7, 1",
        "F32, 1, 1, 1, 1", "F32, 4, 1, 1, 1", "F32, 1, 3, 1, 8", "F32, 4, 32, 1, 8", "F32, 4, 5, 1, 4",
        "F32, 4, 2, 1, 16", "F32, 1, 2, 4, 3", "F32, 9, 3, 8, 4", "F32, 4, 2, 7, 4", "F32, 1, 2, 7, 1"
    })
    void givesTheSameBits(Format format, int rows, int heads, int queries, int vectors) {
        for (boolean heap : new boolean[] {false, true}) {
            int cols = heads * vectors * CacheRoutines.LANES;
            long stride = format.bytes(cols + 7L);
            MemorySegment bytes = numbers(format, (int) (rows * (cols + 7L)), heap);
            CacheRows cache = new CacheRows(bytes, format, rows, stride, heads, queries, vectors, heap ? 0 : 1 << 30);
            long vector = 4L * vectors * CacheRoutines.LANES;
            int all = heads * queries;
            PerHead q = new PerHead(numbers(Format.F32, 2 * cols * queries, heap), 2 * vector);
            PerHead weights = new PerHead(numbers(Format.F32, 19 * all, heap), 76);
            same(heap, 4 * 19 * all, (routines, to) -> routines.scores(cache, q, new PerHead(to, 76)));
            same(
                    heap,
                    (int) (2 * vector * all),
                    (routines, to) -> routines.add(cache, weights, new PerHead(to, 2 * vector)));
        }
    }

    private interface Writing {
        void to(CacheRoutines routines, MemorySegment memory);
    }

    private void same(boolean heap, int bytes, Writing writing) {
        MemorySegment before = numbers(Format.F32, bytes / 4 + 2 * GUARD, heap);
        MemorySegment expected = copy(before, heap);
        MemorySegment found = copy(before, heap);
        writing.to(plain, expected.asSlice(4L * GUARD, bytes));
        writing.to(machine, found.asSlice(4L * GUARD, bytes));
        assertThat(expected.mismatch(before)).isGreaterThanOrEqualTo(4L * GUARD);
        assertThat(found.mismatch(expected)).isEqualTo(-1);
    }

    private MemorySegment copy(MemorySegment from, boolean heap) {
        MemorySegment to = heap
                ? MemorySegment.ofArray(new float[(int) (from.byteSize() / 4)])
                : arena.allocate(from.byteSize(), 1);
        return to.copyFrom(from);
    }

    /// Normal, subnormal and large numbers, at an odd address off the heap.
    private MemorySegment numbers(Format format, int count, boolean heap) {
        int size = (int) format.bytes(1);
        MemorySegment to = heap
                ? MemorySegment.ofArray(new float[count]).asSlice(0, (long) size * count)
                : arena.allocate((long) size * count + 1, 2).asSlice(1);
        for (int i = 0; i < count; i++) {
            float value = (float) random.nextGaussian() * (i % 11 == 0 ? 1e-6f : i % 13 == 0 ? 300 : 1);
            if (format == Format.F16) {
                to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, Float.floatToFloat16(value));
            } else {
                to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, value);
            }
        }
        return to;
    }

    @Test
    void refusesMemoryThatIsTooSmall() {
        MemorySegment keys = arena.allocate(2 * 64 * 4 - 2);
        MemorySegment q = arena.allocate(4 * 64);
        MemorySegment scores = arena.allocate(4 * 4);
        CacheRows small = new CacheRows(keys, Format.F16, 4, 128, 1, 1, 4, 0);
        PerHead query = new PerHead(q, 256);
        assertThatThrownBy(() -> machine.scores(small, query, new PerHead(scores, 16)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        CacheRows fits = new CacheRows(keys, Format.F16, 1, 128, 1, 1, 4, 0);
        assertThatThrownBy(() -> machine.scores(fits, new PerHead(q.asSlice(4), 256), new PerHead(scores, 16)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.scores(fits, query, new PerHead(scores.asSlice(13), 16)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.add(fits, new PerHead(scores, 16), new PerHead(q.asReadOnly(), 256)))
                .isInstanceOf(IllegalArgumentException.class);
        CacheRows none = new CacheRows(keys, Format.F16, 0, 128, 1, 1, 1, 0);
        assertThatThrownBy(() -> machine.scores(none, query, new PerHead(scores, 16)))
                .isInstanceOf(IllegalArgumentException.class);
        CacheRows shared = new CacheRows(keys, Format.F16, 1, 128, 1, 4, 4, 0);
        assertThatThrownBy(() -> machine.scores(shared, query, new PerHead(scores, 4)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.scores(shared, new PerHead(q, 0), new PerHead(scores, 8)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
