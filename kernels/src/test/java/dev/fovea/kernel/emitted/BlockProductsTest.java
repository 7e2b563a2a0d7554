package dev.fovea.kernel.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Whole products by machine code and by its definition: equal to the bit, for any shape, address and thread
/// count.
@ParameterizedClass(name = "{0}")
@EnumSource(CodeUnderTest.class)
class BlockProductsTest {
    private static final long SEED = 20261122;
    private static final int SHAPES = 150;
    private static final float GUARD = 12345.678f;

    /// Rows, outputs and inputs: strips in groups, with a narrow one at the end, inputs in several parts, and rows
    /// for two and for three threads.
    private static final int[][] LARGE = {
        {13, 1100, 128},
        {13, 1100, 96},
        {12, 600, 1280},
        {7, 40, 8448},
        {6, 70, 16512},
        {301, 70, 96},
        {301, 300, 96},
        {433, 330, 128},
        {450, 33, 8448}
    };

    private final Random random = new Random(SEED);
    private final CodeUnderTest code;

    BlockProductsTest(CodeUnderTest code) {
        this.code = code;
    }

    @Test
    void machineCodeGivesTheBitsOfItsDefinition() {
        try (Workers one = new Workers(1);
                Workers three = new Workers(3);
                Arena arena = Arena.ofShared()) {
            Kernels machine = machine(three);
            Kernels plain = new EmittedKernels(
                    Kernels.named("scalar", one),
                    Compute.INT8,
                    new EmittedKernels.Code(
                            Family.AVX2, new PlainCacheRoutines(), null, new PlainRoutines(), Arena.ofShared()),
                    null,
                    1);
            Kernels machineAlone = machine(one);
            for (int i = 0; i < SHAPES + LARGE.length; i++) {
                int rows = 1 + (i % 3 == 0 ? random.nextInt(4) : random.nextInt(70));
                int out = 1 + random.nextInt(130);
                int in = 32 * (1 + random.nextInt(i % 10 == 0 ? 40 : 9));
                if (i >= SHAPES) {
                    rows = LARGE[i - SHAPES][0];
                    out = LARGE[i - SHAPES][1];
                    in = LARGE[i - SHAPES][2];
                }
                Matrix w = weights(i % 2 == 0 ? Format.Q8_0 : Format.Q4_0, out, in, one, arena);
                Tensor x = tensor(rows, in);
                float[] bias = i % 4 < 2 ? null : tensor(1, out).toArray();
                String what = "%s %dx%dx%d, seed %d".formatted(w.format(), rows, out, in, SEED);
                float[] expected = product(plain, w, x, bias);
                assertThat(Arrays.equals(expected, product(machine, w, x, bias)))
                        .as(what)
                        .isTrue();
                assertThat(Arrays.equals(expected, product(machineAlone, w, x, bias)))
                        .as(what + ", one thread")
                        .isTrue();
            }
        }
    }

    /// Rows that are computed in tiles and those that are not give the same numbers: a cached step is a
    /// prompt's row.
    @Test
    void aRowOfAProductIsTheProductOfTheRow() {
        try (Workers workers = new Workers(2);
                Arena arena = Arena.ofShared()) {
            Kernels machine = machine(workers);
            for (Format format : new Format[] {Format.Q8_0, Format.Q4_0}) {
                Matrix w = weights(format, 75, 640, workers, arena);
                Tensor x = tensor(40, 640);
                Tensor all = Tensor.zeros(40, 75);
                machine.matmul(w, x, null, all);
                for (int begin = 0; begin < 40; begin += 3) {
                    int end = Math.min(begin + 1 + begin % 5, 40);
                    Tensor some = Tensor.zeros(end - begin, 75);
                    machine.matmul(w, x.slice(begin, end), null, some);
                    assertThat(some.toArray()).isEqualTo(all.slice(begin, end).toArray());
                }
            }
        }
    }

    private Kernels machine(Workers workers) {
        RoutineCode routines = code.code();
        Arena arena = Arena.ofShared();
        return new EmittedKernels(
                Kernels.named("scalar", workers),
                Compute.INT8,
                new EmittedKernels.Code(
                        Family.AVX2, new PlainCacheRoutines(), null, new MachineRoutines(routines, arena), arena),
                null,
                1);
    }

    /// All numbers of an output with guards around it.
    private static float[] product(Kernels kernels, Matrix w, Tensor x, float @Nullable [] bias) {
        int stride = w.rows() + 3;
        float[] y = new float[5 + x.rows() * stride];
        Arrays.fill(y, GUARD);
        kernels.matmul(w, x, bias, new Tensor(y, 5, x.rows(), w.rows(), stride));
        return y;
    }

    private Tensor tensor(int rows, int cols) {
        Tensor x = new Tensor(new float[3 + rows * (cols + 2)], 3, rows, cols, cols + 2);
        for (int i = 0; i < x.data().length; i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        return x;
    }

    /// Interleaved random weights at an odd address, with exactly as many bytes behind it as they have.
    private Matrix weights(Format format, int rows, int cols, Workers workers, Arena arena) {
        byte[] bytes = new byte[(int) format.bytes((long) rows * cols)];
        random.nextBytes(bytes);
        MemorySegment from = MemorySegment.ofArray(bytes);
        for (int at = 0; at < bytes.length; at += format.blockBytes()) {
            from.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float) random.nextGaussian()));
        }
        Matrix w = Interleaved.of(new Matrix(from, format, rows, cols), workers, arena);
        int misaligned = random.nextInt(64);
        MemorySegment to = arena.allocate(w.bytes().byteSize() + misaligned, 64).asSlice(misaligned);
        to.copyFrom(w.bytes());
        return new Matrix(to, format, rows, cols, Matrix.Layout.INTERLEAVED);
    }
}
