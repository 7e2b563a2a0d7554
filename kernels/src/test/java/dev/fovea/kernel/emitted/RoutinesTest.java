package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.SPAN;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_OUTPUTS;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.emitted.Routines.Strip;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Machine code against its definition, bit for bit, in memory that begins at odd places and is surrounded by
/// bytes that must stay.
@ParameterizedClass(name = "{0}")
@EnumSource(CodeUnderTest.class)
class RoutinesTest {
    private static final long SEED = 20261121;
    private static final int GUARD = 192;

    /// From span to span of a tile.
    private static final long TILE_STRIDE = (long) TILE_ROWS * SPAN_BYTES;

    private final Random random = new Random(SEED);
    private final Arena arena = Arena.ofConfined();
    private final Routines plain = new PlainRoutines();
    private final CodeUnderTest code;
    private Routines machine = plain;

    RoutinesTest(CodeUnderTest code) {
        this.code = code;
    }

    @BeforeEach
    void needsTheProcessor() {
        machine = new MachineRoutines(code.code(), arena);
    }

    @AfterEach
    void close() {
        arena.close();
    }

    /// What one routine writes.
    private interface Writing {
        void to(Routines routines, MemorySegment memory);
    }

    private void assertSame(String what, long bytes, int misaligned, Writing writing) {
        byte[] before = new byte[(int) bytes + 2 * GUARD + misaligned];
        random.nextBytes(before);
        Arrays.fill(before, GUARD + misaligned, before.length - GUARD, (byte) 0);
        byte[][] results = new byte[2][];
        for (int i = 0; i < 2; i++) {
            MemorySegment all = arena.allocate(before.length, 64).copyFrom(MemorySegment.ofArray(before));
            writing.to(i == 0 ? plain : machine, all.asSlice(GUARD + misaligned, bytes));
            results[i] = all.toArray(ValueLayout.JAVA_BYTE);
        }
        assertThat(Arrays.mismatch(results[0], results[1]))
                .as("%s, %d bytes, seed %d: first byte that differs, less %d", what, bytes, SEED, GUARD + misaligned)
                .isEqualTo(-1);
        assertThat(Arrays.equals(results[1], 0, GUARD + misaligned, before, 0, GUARD + misaligned))
                .as("%s: bytes before", what)
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 32})
    void activationsAreQuantisedAsDefined(int spans) {
        for (int misaligned : new int[] {0, 4, 60}) {
            int rows = 1 + random.nextInt(TILE_ROWS);
            Rows x = new Rows(
                    activations(rows * (spans + 1), misaligned), 4L * SPAN * spans + 4L * random.nextInt(SPAN));
            long stride = SPAN_BYTES * (rows + random.nextLong(3)) + 40L * random.nextInt(2);
            long bytes = (spans - 1) * stride + (long) rows * SPAN_BYTES;
            assertSame("quantise", bytes, misaligned, (routines, to) -> routines.quantise(x, rows, spans, to, stride));
        }
    }

    /// Floats whose scales differ much, with zeros, numbers too small to have an inverse and halves between two
    /// steps.
    private MemorySegment activations(int spans, int misaligned) {
        MemorySegment x = arena.allocate(4L * SPAN * spans + misaligned, 64).asSlice(misaligned);
        for (int block = 0; block < spans * BLOCKS; block++) {
            float magnitude = (float) Math.exp(random.nextGaussian() * 5);
            int kind = random.nextInt(6);
            for (int i = 0; i < 32; i++) {
                float value = switch (kind) {
                    case 0 -> 0;
                    case 1 -> Float.MIN_VALUE * random.nextInt(100);
                    case 2 -> i == 0 ? 127 : random.nextInt(-127, 127) + 0.5f;
                    default -> (float) random.nextGaussian() * magnitude;
                };
                x.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * (block * 32 + i), value);
            }
        }
        return x;
    }

    @Test
    void activationsThatAreNotFiniteHaveScalesThatAreNot() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            MemorySegment x = activations(2, 0);
            x.setAtIndex(ValueLayout.JAVA_FLOAT, 130, bad);
            MemorySegment to = arena.allocate(2 * SPAN_BYTES, 64);
            machine.quantise(new Rows(x, 0), 1, 2, to, SPAN_BYTES);
            assertThat(Float.isFinite(to.get(ValueLayout.JAVA_FLOAT, 4))).isTrue();
            assertThat(Float.isFinite(to.get(ValueLayout.JAVA_FLOAT, SPAN_BYTES + 4)))
                    .isFalse();
            MemorySegment defined = arena.allocate(2 * SPAN_BYTES, 64);
            plain.quantise(new Rows(x, 0), 1, 2, defined, SPAN_BYTES);
            assertThat(to.asSlice(0, SPAN_BYTES).mismatch(defined.asSlice(0, SPAN_BYTES)))
                    .isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"Q8_0", "Q4_0"})
    void weightsAreUnpackedAsDefined(Format format) {
        for (int spans : new int[] {1, 2, 5}) {
            for (int misaligned : new int[] {0, 1, 63}) {
                MemorySegment w = weights(format, spans, misaligned);
                long bytes = (long) spans * BLOCKS * STRIP_BLOCK_BYTES;
                for (int half = 0; half < 2; half++) {
                    int which = half;
                    assertSame(
                            format + " unpack",
                            bytes,
                            misaligned,
                            (routines, to) -> routines.unpack(format, w, spans, to, which));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"Q8_0", "Q4_0"})
    void oneRowIsMultipliedAsDefined(Format format) {
        for (int spans : new int[] {1, 2, 3, 9}) {
            for (int groups : new int[] {1, 2, 5}) {
                int misaligned = random.nextInt(64);
                MemorySegment w = weights(format, spans * groups, misaligned);
                long stride = SPAN_BYTES * (1L + random.nextInt(3));
                MemorySegment a = quantised(1, spans, stride);
                assertSame(
                        format + " one row",
                        64L * groups,
                        misaligned,
                        (routines, y) -> routines.oneRow(format, a, stride, w, spans, groups, y));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"Q8_0", "Q4_0"})
    void tilesAreMultipliedAsDefinedAndEqualOneRow(Format format) {
        for (int spans : new int[] {1, 2, 5}) {
            for (int tiles : new int[] {1, 2, 3}) {
                int rows = tiles * TILE_ROWS;
                MemorySegment a = tiled(rows, spans);
                long tileBytes = a.byteSize() / tiles;
                MemorySegment w = weights(format, 2 * spans, random.nextInt(64));
                MemorySegment blocks = arena.allocate((long) spans * BLOCKS * STRIP_BLOCK_BYTES, 64);
                plain.unpack(format, w, spans, blocks, 0);
                plain.unpack(format, w.asSlice(w.byteSize() / 2), spans, blocks, 1);
                Strip strip = new Strip(format, blocks, spans, true);
                MemorySegment bias = activations(1, 0);
                long stride = 4L * (TILE_OUTPUTS + random.nextInt(40));
                long bytes = (rows - 1) * stride + 4L * TILE_OUTPUTS;
                assertSame(
                        format + " tiles",
                        bytes,
                        4 * random.nextInt(16),
                        (routines, y) ->
                                routines.tiles(strip, new Rows(a, tileBytes), tiles, bias, new Rows(y, stride)));
                MemorySegment all = arena.allocate(bytes, 64);
                machine.tiles(strip, new Rows(a, tileBytes), tiles, zeros(), new Rows(all, stride));
                for (int row = 0; row < rows; row++) {
                    MemorySegment y = arena.allocate(4L * TILE_OUTPUTS, 64);
                    long at = row / TILE_ROWS * tileBytes + (long) row % TILE_ROWS * SPAN_BYTES;
                    machine.oneRow(format, a.asSlice(at), TILE_STRIDE, w, spans, 2, y);
                    assertThat(all.asSlice(row * stride, y.byteSize()).mismatch(y))
                            .as("row %d of %d", row, rows)
                            .isEqualTo(-1);
                }
            }
        }
    }

    private MemorySegment zeros() {
        return arena.allocate(4L * TILE_OUTPUTS, 64);
    }

    /// Where sums of products of bytes are largest in magnitude, none is cut off.
    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"Q8_0", "Q4_0"})
    void theLargestProductsAreExact(Format format) {
        for (int bits : new int[] {0x00, 0x7f, 0x80, 0xff}) {
            MemorySegment w = weights(format, 2, 0);
            for (int half = 0; half < 2; half++) {
                int tile = Interleaved.tileBytes(format);
                w.asSlice((long) half * tile + 128, tile - 128).fill((byte) bits);
            }
            MemorySegment strip = arena.allocate((long) BLOCKS * STRIP_BLOCK_BYTES, 64);
            plain.unpack(format, w, 1, strip, 0);
            plain.unpack(format, w.asSlice(w.byteSize() / 2), 1, strip, 1);
            for (int signs = 0; signs < 4; signs++) {
                MemorySegment a = arena.allocate(TILE_ROWS * SPAN_BYTES, 64);
                for (int row = 0; row < TILE_ROWS; row++) {
                    Rows x = new Rows(extremes(signs), 0);
                    plain.quantise(x, 1, 1, a.asSlice((long) row * SPAN_BYTES), SPAN_BYTES);
                }
                assertSame("one row", 64, 0, (routines, y) -> routines.oneRow(format, a, 0, w, 1, 1, y));
                assertSame(
                        "tiles",
                        4L * TILE_ROWS * TILE_OUTPUTS,
                        0,
                        (routines, y) -> routines.tiles(
                                new Strip(format, strip, 1, true),
                                new Rows(a, TILE_STRIDE),
                                1,
                                zeros(),
                                new Rows(y, 4L * TILE_OUTPUTS)));
            }
        }
    }

    /// All of one sign, or the signs of each four alike: `+ - + -` or `+ + - -`.
    private MemorySegment extremes(int signs) {
        MemorySegment x = arena.allocate(4L * SPAN, 64);
        for (int i = 0; i < SPAN; i++) {
            boolean negative = (i & signs) != 0 || signs == 3;
            x.setAtIndex(ValueLayout.JAVA_FLOAT, i, negative ? -1 : 1);
        }
        return x;
    }

    /// Spans that are multiplied in two calls give what they give in one, and the same as by definition.
    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"Q8_0", "Q4_0"})
    void tilesAddUpOverSpans(Format format) {
        int spans = 4;
        MemorySegment a = tiled(2 * TILE_ROWS, spans);
        long tileBytes = a.byteSize() / 2;
        MemorySegment w = weights(format, 2 * spans, 0);
        long bytes = (long) spans * BLOCKS * STRIP_BLOCK_BYTES;
        MemorySegment strip = arena.allocate(bytes, 64);
        machine.unpack(format, w, spans, strip, 0);
        machine.unpack(format, w.asSlice(w.byteSize() / 2), spans, strip, 1);
        MemorySegment bias = activations(1, 0);
        Rows once = new Rows(arena.allocate(8L * TILE_ROWS * TILE_OUTPUTS, 64), 4L * TILE_OUTPUTS);
        machine.tiles(new Strip(format, strip, spans, true), new Rows(a, tileBytes), 2, bias, once);
        for (Routines routines : new Routines[] {plain, machine}) {
            Rows twice = new Rows(arena.allocate(once.memory().byteSize(), 64), once.stride());
            routines.tiles(new Strip(format, strip, 3, true), new Rows(a, tileBytes), 2, zeros(), twice);
            Strip last = new Strip(format, strip.asSlice(3 * bytes / spans), 1, false);
            routines.tiles(last, new Rows(a.asSlice(3 * TILE_STRIDE), tileBytes), 2, bias, twice);
            assertThat(once.memory().mismatch(twice.memory())).isEqualTo(-1);
        }
    }

    /// Nothing is written or read beyond a segment: the call fails before it.
    @Test
    void segmentsThatAreTooSmallAreRefused() {
        MemorySegment x = activations(2, 0);
        MemorySegment a = quantised(TILE_ROWS, 2, TILE_ROWS * SPAN_BYTES);
        MemorySegment w = weights(Format.Q4_0, 4, 0);
        MemorySegment y = arena.allocate(128, 64);
        MemorySegment blocks = arena.allocate(2L * BLOCKS * STRIP_BLOCK_BYTES, 64);
        MemorySegment sums = arena.allocate(4L * TILE_ROWS * TILE_OUTPUTS, 64);
        long stride = TILE_STRIDE;
        Strip strip = new Strip(Format.Q4_0, blocks, 2, true);
        Rows rows = new Rows(a, 2 * stride);
        Rows to = new Rows(sums, 128);
        Runnable[] calls = {
            () -> machine.quantise(new Rows(less(x), 0), 1, 2, a, stride),
            () -> machine.quantise(new Rows(x, 512), 2, 2, a, stride),
            () -> machine.quantise(new Rows(x, 0), 1, 2, a.asSlice(0, stride + SPAN_BYTES - 1), stride),
            () -> machine.quantise(new Rows(x, 512), 2, 1, a.asSlice(0, 2 * SPAN_BYTES - 1), stride),
            () -> machine.quantise(new Rows(x, 0), 1, 2, a.asReadOnly(), stride),
            () -> machine.quantise(new Rows(x, 0), 1, -1, a, stride),
            () -> machine.quantise(new Rows(x, 0), 0, 2, a, stride),
            () -> machine.quantise(new Rows(x, 0), -1, 2, a, stride),
            () -> machine.quantise(new Rows(x, 0), 1, 2, a, -stride),
            () -> machine.quantise(new Rows(x, 0), 1, 2, a, SPAN_BYTES - 1),
            () -> machine.unpack(Format.Q4_0, less(w), 4, blocks, 0),
            () -> machine.unpack(Format.Q4_0, w, 2, less(blocks), 1),
            () -> machine.unpack(Format.Q4_0, w, -2, blocks, 1),
            () -> machine.unpack(Format.F16, w, 2, blocks, 1),
            () -> machine.oneRow(Format.Q4_0, a.asSlice(0, stride), stride, w, 2, 2, y),
            () -> machine.oneRow(Format.Q4_0, a, stride, less(w), 2, 2, y),
            () -> machine.oneRow(Format.Q4_0, a, stride, w, 2, 2, less(y)),
            () -> machine.oneRow(Format.Q4_0, a, stride, w, 2, -1, y),
            () -> machine.oneRow(Format.Q8_0, a, stride, w, 2, 2, y),
            () -> machine.tiles(strip, new Rows(less(a), 2 * stride), 1, y, to),
            () -> machine.tiles(strip, rows, 2, y, to),
            () -> machine.tiles(strip, new Rows(a, stride), 2, y, to),
            () -> machine.tiles(new Strip(Format.Q4_0, less(blocks), 2, true), rows, 1, y, to),
            () -> machine.tiles(new Strip(Format.Q4_0, blocks, 0, true), rows, 1, y, to),
            () -> machine.tiles(new Strip(Format.Q4_0, blocks, -1, false), rows, 1, y, to),
            () -> machine.tiles(new Strip(Format.F16, blocks, 2, true), rows, 1, y, to),
            () -> machine.tiles(strip, rows, 1, less(y), to),
            () -> machine.tiles(strip, rows, 1, y, new Rows(less(sums), 128)),
            () -> machine.tiles(strip, rows, 1, y, new Rows(sums, 127)),
            () -> machine.tiles(strip, rows, 1, y, new Rows(sums, -128)),
            () -> machine.tiles(strip, rows, 1, y, new Rows(sums.asReadOnly(), 128)),
            () -> machine.tiles(strip, rows, 0, y, to),
            () -> machine.tiles(strip, rows, -1, y, to),
        };
        for (int i = 0; i < calls.length; i++) {
            assertThatThrownBy(calls[i]::run)
                    .as("call %d", i)
                    .isInstanceOfAny(IndexOutOfBoundsException.class, IllegalArgumentException.class);
        }
    }

    private static MemorySegment less(MemorySegment segment) {
        return segment.asSlice(0, segment.byteSize() - 1);
    }

    /// Whole tiles of quantised rows, `[tiles][spans][TILE_ROWS]` spans.
    private MemorySegment tiled(int rows, int spans) {
        MemorySegment a = arena.allocate(spans * TILE_STRIDE * (rows / TILE_ROWS), 64);
        for (int tile = 0; tile < rows / TILE_ROWS; tile++) {
            long bytes = spans * TILE_STRIDE;
            a.asSlice(tile * bytes, bytes).copyFrom(quantised(TILE_ROWS, spans, TILE_STRIDE));
        }
        return a;
    }

    private MemorySegment quantised(int rows, int spans, long stride) {
        long bytes = (spans - 1) * stride + (long) rows * SPAN_BYTES;
        MemorySegment a = arena.allocate(bytes, 64);
        plain.quantise(new Rows(activations(rows * spans, 0), 4L * SPAN * spans), rows, spans, a, stride);
        return a;
    }

    /// Tiles of random weights with scales of either sign, zero and subnormal ones among them.
    private MemorySegment weights(Format format, int tiles, int misaligned) {
        byte[] bytes = new byte[tiles * Interleaved.tileBytes(format)];
        random.nextBytes(bytes);
        MemorySegment w = arena.allocate(bytes.length + misaligned, 64).asSlice(misaligned);
        w.copyFrom(MemorySegment.ofArray(bytes));
        for (int tile = 0; tile < tiles; tile++) {
            for (int i = 0; i < 64; i++) {
                float scale = random.nextInt(8) == 0 ? 0x1p-24f * random.nextInt(3) : (float) random.nextGaussian();
                long at = (long) tile * Interleaved.tileBytes(format) + 2L * i;
                w.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(scale));
            }
        }
        return w;
    }
}
