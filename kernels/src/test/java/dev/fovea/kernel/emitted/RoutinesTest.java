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
            MemorySegment x = activations(spans, misaligned);
            long stride = SPAN_BYTES * (1L + random.nextInt(3)) + 40L * random.nextInt(2);
            long bytes = (spans - 1) * stride + SPAN_BYTES;
            assertSame("quantise", bytes, misaligned, (routines, to) -> routines.quantise(x, spans, to, stride));
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
            machine.quantise(x, 2, to, SPAN_BYTES);
            assertThat(Float.isFinite(to.get(ValueLayout.JAVA_FLOAT, 4))).isTrue();
            assertThat(Float.isFinite(to.get(ValueLayout.JAVA_FLOAT, SPAN_BYTES + 4)))
                    .isFalse();
            if (!Float.isNaN(bad)) {
                assertSame("quantise", 2 * SPAN_BYTES, 0, (routines, y) -> routines.quantise(x, 2, y, SPAN_BYTES));
            }
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
                long stride = (long) rows * SPAN_BYTES;
                MemorySegment a = quantised(rows, spans, stride);
                MemorySegment w = weights(format, 2 * spans, random.nextInt(64));
                MemorySegment strip = arena.allocate((long) spans * BLOCKS * STRIP_BLOCK_BYTES, 64);
                plain.unpack(format, w, spans, strip, 0);
                plain.unpack(format, w.asSlice(w.byteSize() / 2), spans, strip, 1);
                long bytes = 4L * rows * TILE_OUTPUTS;
                assertSame(
                        format + " tiles",
                        bytes,
                        4 * random.nextInt(16),
                        (routines, sums) -> routines.tiles(format, a, stride, strip, spans, tiles, sums));
                MemorySegment sums = arena.allocate(bytes, 64);
                machine.tiles(format, a, stride, strip, spans, tiles, sums);
                for (int row = 0; row < rows; row++) {
                    MemorySegment y = arena.allocate(4L * TILE_OUTPUTS, 64);
                    machine.oneRow(format, a.asSlice((long) row * SPAN_BYTES), stride, w, spans, 2, y);
                    assertThat(sums.asSlice(4L * row * TILE_OUTPUTS, y.byteSize())
                                    .mismatch(y))
                            .as("row %d of %d", row, rows)
                            .isEqualTo(-1);
                }
            }
        }
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
                    plain.quantise(extremes(signs), 1, a.asSlice((long) row * SPAN_BYTES), SPAN_BYTES);
                }
                assertSame("one row", 64, 0, (routines, y) -> routines.oneRow(format, a, 0, w, 1, 1, y));
                assertSame(
                        "tiles",
                        4L * TILE_ROWS * TILE_OUTPUTS,
                        0,
                        (routines, sums) -> routines.tiles(format, a, 0, strip, 1, 1, sums));
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

    @Test
    void sumsAreStoredAsDefined() {
        for (int rows : new int[] {1, 2, 13}) {
            MemorySegment sums = activations(rows, 4);
            MemorySegment bias = activations(1, 0);
            long stride = 4L * (TILE_OUTPUTS + random.nextInt(40));
            long bytes = (rows - 1) * stride + 4L * TILE_OUTPUTS;
            assertSame("store", bytes, 4, (routines, y) -> routines.store(sums, bias, rows, y, stride));
        }
    }

    /// A second call adds to the sums of the first, as if both were one.
    @Test
    void tilesAddUpOverSpans() {
        int spans = 4;
        long stride = (long) TILE_ROWS * SPAN_BYTES;
        MemorySegment a = quantised(TILE_ROWS, spans, stride);
        MemorySegment w = weights(Format.Q8_0, spans, 0);
        long bytes = (long) spans * BLOCKS * STRIP_BLOCK_BYTES;
        MemorySegment strip = arena.allocate(bytes, 64);
        machine.unpack(Format.Q8_0, w, spans, strip, 0);
        MemorySegment once = arena.allocate(4L * TILE_ROWS * TILE_OUTPUTS, 64);
        machine.tiles(Format.Q8_0, a, stride, strip, spans, 1, once);
        MemorySegment twice = arena.allocate(4L * TILE_ROWS * TILE_OUTPUTS, 64);
        machine.tiles(Format.Q8_0, a, stride, strip, 3, 1, twice);
        machine.tiles(Format.Q8_0, a.asSlice(3 * stride), stride, strip.asSlice(3 * bytes / 4), 1, 1, twice);
        assertThat(once.mismatch(twice)).isEqualTo(-1);
    }

    /// Nothing is written or read beyond a segment: the call fails before it.
    @Test
    void segmentsThatAreTooSmallAreRefused() {
        MemorySegment x = activations(2, 0);
        MemorySegment a = quantised(TILE_ROWS, 2, TILE_ROWS * SPAN_BYTES);
        MemorySegment w = weights(Format.Q4_0, 4, 0);
        MemorySegment y = arena.allocate(128, 64);
        MemorySegment strip = arena.allocate(2L * BLOCKS * STRIP_BLOCK_BYTES, 64);
        MemorySegment sums = arena.allocate(4L * TILE_ROWS * TILE_OUTPUTS, 64);
        long stride = (long) TILE_ROWS * SPAN_BYTES;
        Runnable[] calls = {
            () -> machine.quantise(less(x), 2, a, stride),
            () -> machine.quantise(x, 2, a.asSlice(0, stride + SPAN_BYTES - 1), stride),
            () -> machine.quantise(x, -1, a, stride),
            () -> machine.quantise(x, 2, a, -stride),
            () -> machine.unpack(Format.Q4_0, less(w), 4, strip, 0),
            () -> machine.unpack(Format.Q4_0, w, 2, less(strip), 1),
            () -> machine.unpack(Format.Q4_0, w, -2, strip, 1),
            () -> machine.unpack(Format.F16, w, 2, strip, 1),
            () -> machine.oneRow(Format.Q4_0, a.asSlice(0, stride), stride, w, 2, 2, y),
            () -> machine.oneRow(Format.Q4_0, a, stride, less(w), 2, 2, y),
            () -> machine.oneRow(Format.Q4_0, a, stride, w, 2, 2, less(y)),
            () -> machine.oneRow(Format.Q4_0, a, stride, w, 2, -1, y),
            () -> machine.oneRow(Format.Q8_0, a, stride, w, 2, 2, y),
            () -> machine.store(sums, y, TILE_ROWS + 1, a, 128),
            () -> machine.store(sums, less(y), 1, a, 128),
            () -> machine.store(sums, y, 2, less(a).asSlice(0, 255), 128),
            () -> machine.store(sums, y, 2, a, 127),
            () -> machine.store(sums, y, -1, a, 128),
            () -> machine.tiles(Format.Q4_0, less(a), stride, strip, 2, 1, sums),
            () -> machine.tiles(Format.Q4_0, a, stride - 1, strip, 2, 1, sums),
            () -> machine.tiles(Format.Q4_0, a, stride, less(strip), 2, 1, sums),
            () -> machine.tiles(Format.Q4_0, a, stride, strip, 2, 1, less(sums)),
            () -> machine.tiles(Format.Q4_0, a, stride, strip, 2, -1, sums),
            () -> machine.tiles(
                    Format.Q4_0, MemorySegment.ofArray(new byte[(int) a.byteSize()]), stride, strip, 2, 1, sums),
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

    private MemorySegment quantised(int rows, int spans, long stride) {
        long bytes = (spans - 1) * stride + (long) rows * SPAN_BYTES;
        MemorySegment a = arena.allocate(bytes, 64);
        for (int row = 0; row < rows; row++) {
            long needed = (spans - 1) * stride + SPAN_BYTES;
            plain.quantise(activations(spans, 0), spans, a.asSlice((long) row * SPAN_BYTES, needed), stride);
        }
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
