package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Bf16Routines.KEY_BYTES;
import static dev.fovea.kernel.emitted.Bf16Routines.TILE_ROWS;
import static dev.fovea.kernel.emitted.Bf16Routines.VALUE_BYTES;
import static dev.fovea.kernel.emitted.Bf16Routines.WIDTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.PanelRoutines.Plan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Turned panels number by number, and attention of several panels against the routines for one, bit for bit.
class PanelRoutinesTest {
    private static final long ROW = 4L * WIDTH;

    private final Random random = new Random(20261130);
    private final Arena arena = Arena.ofConfined();
    private Bf16Routines machine;

    @BeforeEach
    void needsTheProcessor() {
        try {
            machine = new Bf16Routines(arena);
        } catch (UnsupportedOperationException e) {
            Assumptions.abort(String.valueOf(e.getMessage()));
        }
    }

    @AfterEach
    void close() {
        arena.close();
    }

    /// What the other routine makes of columns that plain Java turned.
    @ParameterizedTest
    @ValueSource(ints = {32, 64, 96, 128, 256})
    void rowsBecomeLanes(int cols) {
        int stride = cols + random.nextInt(40);
        float[] x = gaussians(WIDTH * stride);
        float[] turned = new float[cols * WIDTH];
        for (int row = 0; row < WIDTH; row++) {
            for (int col = 0; col < cols; col++) {
                turned[col * WIDTH + row] = x[row * stride + col] * 0.37f;
            }
        }
        MemorySegment expected = arena.allocate(2L * cols * WIDTH + 4, 4).fill((byte) 0x55);
        machine.pairs(Format.F32, MemorySegment.ofArray(turned), ROW, cols, 2, expected, ROW);
        MemorySegment found = arena.allocate(expected.byteSize(), 4).fill((byte) 0x55);
        machine.panels().pack(new Rows(MemorySegment.ofArray(x), 4L * stride), cols, 0.37f, found);
        assertThat(found.mismatch(expected)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 48, 128})
    void lanesBecomeRows(int cols) {
        int stride = cols + random.nextInt(40);
        float[] panel = gaussians(cols * WIDTH);
        float[] factors = gaussians(WIDTH);
        float[] y = gaussians(WIDTH * stride);
        float[] expected = y.clone();
        for (int row = 0; row < WIDTH; row++) {
            for (int col = 0; col < cols; col++) {
                expected[row * stride + col] = panel[col * WIDTH + row] * factors[row];
            }
        }
        Rows to = new Rows(MemorySegment.ofArray(y), 4L * stride);
        machine.panels().unpack(MemorySegment.ofArray(panel), MemorySegment.ofArray(factors), cols, to);
        assertThat(y).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"16, 1, 1, 0", "64, 128, 3, 1", "64, 65, 2, 0", "128, 7, 1, 2", "80, 126, 4, 0"})
    void panelsSeeABlockOfKeysAsOneByOne(int headDim, int count, int panels, int first) {
        int all = first + panels;
        Plan plan = plan(headDim, all);
        long bytes = plan.shrink() + ROW;
        MemorySegment memory = MemorySegment.ofArray(new float[(int) (bytes / 4)]);
        for (long i = 0; i < plan.scores() / 2; i++) { // keys, values and queries
            memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToIntBits(gaussian()) >> 16));
        }
        for (long at = plan.sums(); at < bytes; at += 4) {
            memory.set(ValueLayout.JAVA_FLOAT, at, Math.abs(gaussian()));
        }
        MemorySegment expected = MemorySegment.ofArray(memory.toArray(ValueLayout.JAVA_FLOAT));
        for (int panel = first; panel < all; panel++) {
            one(expected, plan, panel, count);
        }
        machine.panels().attend(memory, plan, first, all, count);
        long from = plan.sums();
        assertThat(memory.asSlice(from).mismatch(expected.asSlice(from))).isEqualTo(-1);
        assertThat(memory.asSlice(0, plan.scores()).mismatch(expected.asSlice(0, plan.scores())))
                .isEqualTo(-1);
    }

    private void one(MemorySegment memory, Plan plan, int panel, int count) {
        long dims = plan.headDim();
        int pairs = (count + 1) / 2;
        MemorySegment scores = memory.asSlice(plan.scores());
        MemorySegment queries = memory.asSlice(plan.queries() + panel * (dims / 2) * ROW);
        machine.scores(
                memory.asSlice(plan.keys()), queries, scores, plan.headDim() / 2, Math.ceilDiv(count, TILE_ROWS));
        for (int lane = 0; lane < WIDTH && count % 2 == 1; lane++) {
            scores.set(ValueLayout.JAVA_FLOAT, count * ROW + 4L * lane, Float.NEGATIVE_INFINITY);
        }
        MemorySegment weights = memory.asSlice(plan.weights());
        MemorySegment shrink = memory.asSlice(plan.shrink());
        MemorySegment largest = memory.asSlice(plan.largest() + panel * ROW);
        machine.exponentials(scores, weights, pairs, largest, memory.asSlice(plan.totals() + panel * ROW), shrink);
        MemorySegment sums = memory.asSlice(plan.sums() + panel * dims * ROW);
        machine.add(memory.asSlice(plan.values()), weights, shrink, sums, pairs, plan.headDim() / TILE_ROWS);
    }

    private static Plan plan(int headDim, long panels) {
        long values = 128L * KEY_BYTES;
        long queries = values + 64L * VALUE_BYTES;
        long scores = queries + panels * (headDim / 2) * ROW;
        long weights = scores + 129 * ROW;
        long sums = weights + 64 * ROW;
        long largest = sums + panels * headDim * ROW;
        long totals = largest + panels * ROW;
        return new Plan(0, values, queries, scores, weights, sums, largest, totals, totals + panels * ROW, headDim);
    }

    @Test
    void refusesMemoryThatIsTooSmall() {
        PanelRoutines panels = machine.panels();
        Rows x = new Rows(MemorySegment.ofArray(new float[WIDTH * 32]), 128);
        MemorySegment panel = arena.allocate(2L * 32 * WIDTH, 4);
        panels.pack(x, 32, 1, panel);
        assertThatThrownBy(() -> panels.pack(new Rows(x.memory().asSlice(4), 128), 32, 1, panel))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> panels.pack(x, 32, 1, panel.asSlice(4))).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> panels.pack(x, 32, 1, panel.asReadOnly()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> panels.pack(x, 16, 1, panel)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> panels.unpack(panel, panel, 17, x)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> panels.unpack(panel, panel, 32, x)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> panels.unpack(panel, panel, 16, new Rows(x.memory(), 132)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        Plan plan = plan(64, 2);
        MemorySegment memory = arena.allocate(plan.shrink() + ROW, 64);
        panels.attend(memory, plan, 0, 2, 128);
        assertThatThrownBy(() -> panels.attend(memory.asSlice(0, memory.byteSize() - 1), plan, 0, 2, 128))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> panels.attend(memory, plan, 0, 1 << 20, 128))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> panels.attend(memory, plan, 0, 2, 1 << 20))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> panels.attend(memory, plan, 1, 1, 128)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> panels.attend(memory, plan, -1, 1, 128)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> panels.attend(memory, plan, 0, 2, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private float gaussian() {
        return (float) random.nextGaussian();
    }

    private float[] gaussians(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = gaussian();
        }
        return numbers;
    }
}
