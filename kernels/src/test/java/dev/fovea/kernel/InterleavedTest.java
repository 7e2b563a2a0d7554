package dev.fovea.kernel;

import static dev.fovea.kernel.Samples.assertGuarded;
import static dev.fovea.kernel.Samples.assertWithin;
import static dev.fovea.kernel.Samples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.kernel.scalar.ScalarKernels;
import dev.fovea.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InterleavedTest {
    private final Workers workers = new Workers(2);
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        workers.close();
        arena.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"Q8_0", "Q4_0"})
    void everyWeightStaysWhatItWas(Format format) {
        for (int[] shape : new int[][] {{1, 32}, {15, 96}, {16, 128}, {17, 160}, {50, 416}, {3, 0}, {0, 32}}) {
            int rows = shape[0];
            int cols = shape[1];
            Matrix w = new Samples(rows).matrix(format, rows, cols, arena);
            Matrix interleaved = Interleaved.of(w, workers, arena);
            assertThat(interleaved.layout()).isEqualTo(Matrix.Layout.INTERLEAVED);
            assertThat(interleaved.bytes().isReadOnly()).isTrue();
            float[] expected = new float[cols];
            float[] found = new float[cols];
            for (int row = 0; row < rows; row++) {
                w.unpackRow(row, expected, 0);
                interleaved.unpackRow(row, found, 0);
                assertThat(found).as("%s row %d of %d", format, row, rows).isEqualTo(expected);
            }
        }
    }

    /// A file's bytes, no more, where rows and columns are whole groups.
    @Test
    void interleavedWeightsTakeNoMoreRoom() {
        for (Format format : new Format[] {Format.Q8_0, Format.Q4_0}) {
            assertThat(Interleaved.bytes(format, 11008, 4096)).isEqualTo(format.bytes(11008L * 4096));
        }
    }

    @Test
    void groupsOfRowsCanBeCutOut() {
        Matrix w = new Samples(2).matrix(Format.Q4_0, 40, 64, arena);
        Matrix interleaved = Interleaved.of(w, workers, arena);
        Matrix end = interleaved.slice(32, 40);
        float[] expected = new float[64];
        float[] found = new float[64];
        for (int row = 0; row < 8; row++) {
            w.unpackRow(32 + row, expected, 0);
            end.unpackRow(row, found, 0);
            assertThat(found).isEqualTo(expected);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> interleaved.slice(8, 32))
                .withMessageContaining("multiples of 16");
    }

    @Test
    void onlyRowsOfQ8AndQ4CanBeInterleaved() {
        Matrix floats = new Samples(3).matrix(Format.F32, 4, 32, arena);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Interleaved.of(floats, workers, arena))
                .withMessageContaining("F32");
        Matrix interleaved = Interleaved.of(new Samples(3).matrix(Format.Q8_0, 4, 32, arena), workers, arena);
        assertThatIllegalArgumentException().isThrownBy(() -> Interleaved.of(interleaved, workers, arena));
    }

    /// Techniques without int8 products read the layout all the same, with exact activations.
    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"Q8_0", "Q4_0"})
    void everyTechniqueMultipliesInterleavedWeights(Format format) {
        List<Kernels> techniques = List.of(
                new ScalarKernels(workers),
                new VectorKernels(FloatVector.SPECIES_128, workers),
                new VectorKernels(FloatVector.SPECIES_256, workers),
                new VectorKernels(FloatVector.SPECIES_512, workers));
        for (int[] shape : new int[][] {{1, 7, 64}, {3, 130, 416}, {9, 16, 32}, {33, 100, 1184}, {1, 40, 0}}) {
            Samples samples = new Samples(shape[0]);
            Matrix w = samples.matrix(format, shape[1], shape[2], arena);
            Matrix interleaved = Interleaved.of(w, workers, arena);
            Tensor x = samples.tensor(shape[0], shape[2]);
            float[] bias = samples.array(shape[1]);
            Oracle.Answer expected = Oracle.matmul(w, x, bias);
            for (Kernels kernels : techniques) {
                Tensor y = output(shape[0], shape[1]);
                kernels.matmul(interleaved, x, bias, y);
                assertWithin(kernels.name() + " " + format + " " + shape[1] + "x" + shape[2], y, expected);
                assertGuarded(y);
            }
        }
    }

    /// Only a technique that gains from it changes weights.
    @Test
    void techniquesWithoutInt8ProductsKeepWeightsAsTheyAre() {
        Matrix w = new Samples(4).matrix(Format.Q8_0, 4, 32, arena);
        assertThat(new ScalarKernels(workers).interleaved(w, arena)).isSameAs(w);
        assertThat(new VectorKernels(workers).interleaved(w, arena)).isSameAs(w);
        assertThat(new CountingKernels(new VectorKernels(workers)).interleaved(w, arena))
                .isSameAs(w);
    }
}
