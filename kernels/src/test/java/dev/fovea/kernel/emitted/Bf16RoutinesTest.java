package dev.fovea.kernel.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.kernel.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Roundings bit for bit; products of numbers that bf16 holds exactly, whose sums binary32 holds exactly.
class Bf16RoutinesTest {
    private static final int LANES = Bf16Routines.LANES;
    private static final int WIDTH = Bf16Routines.WIDTH;

    private final Random random = new Random(20261124);
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

    @ParameterizedTest
    @CsvSource({"F32, 1, 1", "F32, 7, 2", "F32, 128, 8", "F16, 1, 1", "F16, 7, 4", "F16, 128, 8"})
    void numbersAreRoundedToTheNearest(Format format, int rows, int vectors) {
        int cols = vectors * LANES;
        long stride = format.bytes(cols + 3L);
        MemorySegment from = arena.allocate(rows * stride, 2);
        for (long i = 0; i < rows * (cols + 3L); i++) {
            float value = (float) random.nextGaussian() * (i % 5 == 0 ? 1e-3f : 10);
            if (format == Format.F16) {
                from.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
            } else {
                from.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
            }
        }
        MemorySegment halves = arena.allocate(rows * 2L * (cols + 1), 2).fill((byte) 0x55);
        MemorySegment pairs =
                arena.allocate((rows + 1) / 2 * 4L * (cols + 1), 4).fill((byte) 0x55);
        machine.halves(format, from, stride, rows, vectors, halves, 2L * (cols + 1));
        machine.pairs(format, from, stride, rows, vectors, pairs, 4L * (cols + 1));
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < cols; i++) {
                short expected = bf16(format.read(from, row * (cols + 3L) + i));
                assertThat(halves.getAtIndex(ValueLayout.JAVA_SHORT, row * (cols + 1L) + i))
                        .isEqualTo(expected);
                int pair = pairs.getAtIndex(ValueLayout.JAVA_INT, row / 2 * (cols + 1L) + i);
                assertThat((short) (row % 2 == 0 ? pair : pair >> 16)).isEqualTo(expected);
            }
            assertThat(halves.getAtIndex(ValueLayout.JAVA_SHORT, row * (cols + 1L) + cols))
                    .isEqualTo((short) 0x5555);
            assertThat(pairs.getAtIndex(ValueLayout.JAVA_INT, row / 2 * (cols + 1L) + cols))
                    .isEqualTo(0x55555555);
        }
    }

    /// To the nearest, to even between two.
    private static short bf16(float value) {
        int bits = Float.floatToIntBits(value);
        return (short) (bits + 0x7fff + (bits >> 16 & 1) >> 16);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "4, 2", "5, 1", "64, 16", "32, 8", "128, 16"})
    void productsOfIntegersAreExact(int pairs, int tiles) {
        int rows = tiles * Bf16Routines.TILE_ROWS;
        MemorySegment keys = integers((long) rows * Bf16Routines.KEY_BYTES);
        MemorySegment values = integers((long) pairs * Bf16Routines.VALUE_BYTES);
        MemorySegment panel = integers(4L * pairs * WIDTH);
        MemorySegment c = arena.allocate(4L * (rows * WIDTH + 1), 4);
        c.setAtIndex(ValueLayout.JAVA_FLOAT, (long) rows * WIDTH, 77);
        machine.scores(keys, panel, c, pairs, tiles);
        float[] expected = new float[rows * WIDTH];
        add(expected, panel, pairs, keys, Bf16Routines.KEY_BYTES, 4);
        assertThat(floats(c, expected.length)).isEqualTo(expected);
        MemorySegment twice = arena.allocate(4L * WIDTH, 4);
        for (int i = 0; i < WIDTH; i++) {
            twice.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1 + i % 2);
        }
        machine.add(values, panel, twice, c, pairs, tiles);
        for (int i = 0; i < expected.length; i++) {
            expected[i] *= 1 + i % 2;
        }
        add(expected, panel, pairs, values, 4, Bf16Routines.VALUE_BYTES);
        assertThat(floats(c, expected.length)).isEqualTo(expected);
        assertThat(c.getAtIndex(ValueLayout.JAVA_FLOAT, (long) rows * WIDTH)).isEqualTo(77);
    }

    private static void add(float[] c, MemorySegment b, int pairs, MemorySegment a, int row, int step) {
        for (int i = 0; i < c.length; i++) {
            for (int pair = 0; pair < pairs; pair++) {
                int left = a.get(ValueLayout.JAVA_INT, i / WIDTH * (long) row + pair * (long) step);
                int right = b.getAtIndex(ValueLayout.JAVA_INT, pair * (long) WIDTH + i % WIDTH);
                c[i] += number(left) * number(right) + number(left >> 16) * number(right >> 16);
            }
        }
    }

    private static float number(int bf16) {
        return Float.intBitsToFloat(bf16 << 16);
    }

    /// Memory full of small integers in bf16.
    private MemorySegment integers(long bytes) {
        MemorySegment to = arena.allocate(bytes, 64);
        for (long i = 0; i < bytes / 2; i++) {
            to.setAtIndex(ValueLayout.JAVA_SHORT, i, bf16(random.nextInt(-20, 20)));
        }
        return to;
    }

    private static float[] floats(MemorySegment from, int count) {
        return from.asSlice(0, 4L * count).toArray(ValueLayout.JAVA_FLOAT);
    }

    /// Block after block, against powers in double precision; sums in binary32 of up to 64 powers.
    @Test
    void blocksOfASoftmaxGoOn() {
        MemorySegment largest = arena.allocate(4L * WIDTH, 4);
        MemorySegment totals = arena.allocate(4L * WIDTH, 4);
        MemorySegment shrink = arena.allocate(4L * WIDTH, 4);
        for (int lane = 0; lane < WIDTH; lane++) {
            largest.setAtIndex(ValueLayout.JAVA_FLOAT, lane, Float.NEGATIVE_INFINITY);
        }
        double[] most = new double[WIDTH];
        double[] sums = new double[WIDTH];
        Arrays.fill(most, Double.NEGATIVE_INFINITY);
        for (int pairs : new int[] {1, 3, 32, 2}) {
            MemorySegment scores = arena.allocate(8L * WIDTH * pairs, 4);
            for (int i = 0; i < 2 * pairs * WIDTH; i++) {
                float score =
                        i % 11 == 3 && i >= WIDTH ? Float.NEGATIVE_INFINITY : (float) (30 * random.nextGaussian());
                scores.setAtIndex(ValueLayout.JAVA_FLOAT, i, score);
            }
            MemorySegment weights = arena.allocate(4L * WIDTH * pairs, 4);
            machine.exponentials(scores, weights, pairs, largest, totals, shrink);
            for (int lane = 0; lane < WIDTH; lane++) {
                double before = most[lane];
                for (int key = 0; key < 2 * pairs; key++) {
                    most[lane] = Math.max(most[lane], scores.getAtIndex(ValueLayout.JAVA_FLOAT, key * WIDTH + lane));
                }
                sums[lane] *= Math.pow(2, before - most[lane]);
                for (int key = 0; key < 2 * pairs; key++) {
                    float score = scores.getAtIndex(ValueLayout.JAVA_FLOAT, key * WIDTH + lane);
                    double weight = Math.pow(2, score - most[lane]);
                    sums[lane] += weight;
                    int pair = weights.getAtIndex(ValueLayout.JAVA_INT, key / 2 * WIDTH + lane);
                    double found = number(key % 2 == 0 ? pair : pair >> 16);
                    // rounding to bf16, the polynomial and its difference; below 2^-126 zero is as good
                    double bound = weight * (0x1p-8 + 0x1p-20 + 64 * 0x1p-23) + 0x1p-126;
                    assertThat(Math.abs(found - weight)).isLessThanOrEqualTo(bound);
                }
                double shrunk = Math.pow(2, before - most[lane]);
                assertThat((double) shrink.getAtIndex(ValueLayout.JAVA_FLOAT, lane))
                        .isCloseTo(shrunk, within(shrunk * 0x1p-15 + 0x1p-126));
                assertThat((double) totals.getAtIndex(ValueLayout.JAVA_FLOAT, lane))
                        .isCloseTo(sums[lane], within(sums[lane] * 0x1p-15));
                assertThat((double) largest.getAtIndex(ValueLayout.JAVA_FLOAT, lane))
                        .isEqualTo(most[lane]);
            }
        }
    }

    @Test
    void whatIsNotANumberStaysSo() {
        MemorySegment scores = arena.allocate(8L * WIDTH, 4);
        scores.setAtIndex(ValueLayout.JAVA_FLOAT, 5, Float.NaN);
        MemorySegment weights = arena.allocate(4L * WIDTH, 4);
        MemorySegment state = arena.allocate(3 * 4L * WIDTH, 4);
        long bytes = 4L * WIDTH;
        machine.exponentials(scores, weights, 1, state, state.asSlice(bytes), state.asSlice(2 * bytes));
        for (int lane = 0; lane < WIDTH; lane++) {
            float total = state.getAtIndex(ValueLayout.JAVA_FLOAT, WIDTH + lane);
            assertThat(Float.isNaN(total)).isEqualTo(lane == 5);
            assertThat(Float.isNaN(number(weights.getAtIndex(ValueLayout.JAVA_INT, lane))))
                    .isEqualTo(lane == 5);
        }
    }

    @Test
    void refusesMemoryThatIsTooSmall() {
        MemorySegment a = arena.allocate(7L * Bf16Routines.KEY_BYTES + 8);
        MemorySegment b = arena.allocate(2 * 4L * WIDTH);
        MemorySegment c = arena.allocate(4L * WIDTH * Bf16Routines.TILE_ROWS);
        machine.scores(a, b, c, 2, 1);
        assertThatThrownBy(() -> machine.scores(a.asSlice(1), b, c, 2, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.scores(a, b.asSlice(1), c, 2, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.scores(a, b, c.asSlice(1), 2, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.add(b, b, b, c, 2, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.scores(a, b, c.asReadOnly(), 2, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> machine.scores(a, b, c, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> machine.halves(Format.F32, b, 128, 3, 2, a, 64))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.pairs(Format.F32, b, 128, 2, 2, c.asSlice(c.byteSize() - 127), 128))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.halves(Format.Q8_0, b, 128, 1, 2, a, 64))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
