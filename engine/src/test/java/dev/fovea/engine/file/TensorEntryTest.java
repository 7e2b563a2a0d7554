package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorEntryTest {
    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void aMatrixSharesTheBytes() {
        Matrix matrix = entry(Format.F16, 2, 3).matrix();
        assertThat(matrix.rows()).isEqualTo(2);
        assertThat(matrix.cols()).isEqualTo(3);
        assertThat(matrix.format()).isEqualTo(Format.F16);
        assertThat(matrix.bytes().isMapped()).isTrue();
    }

    @Test
    void aVectorIsOneRow() {
        Matrix matrix = entry(Format.F32, 5).matrix();
        assertThat(matrix.rows()).isEqualTo(1);
        assertThat(matrix.cols()).isEqualTo(5);
    }

    @Test
    void aConvolutionIsOneRowPerOutput() {
        Matrix matrix = entry(Format.BF16, 2, 3, 2, 2).matrix();
        assertThat(matrix.rows()).isEqualTo(2);
        assertThat(matrix.cols()).isEqualTo(12);
    }

    @Test
    void otherRanksAreNoMatrix() {
        assertThatThrownBy(() -> entry(Format.F32, 1, 1, 2).matrix())
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(folder.resolve("t.safetensors")
                        + ": expected tensor t of 1, 2 or 4 dimensions that fit a matrix, found shape [1, 1, 2]");
        assertThatThrownBy(() -> entry(Format.F32).matrix())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageEndingWith("found shape []");
    }

    @Test
    void sizesThatNoMatrixHasAreRefusedEvenWhenTheTensorIsEmpty() {
        assertThatThrownBy(() -> entry(Format.F32, 0, 1L << 31).matrix())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageEndingWith("found shape [0, 2147483648]");
        assertThatThrownBy(
                        () -> entry(Format.F32, 0, 1L << 40, 1L << 40, 1L << 40).matrix())
                .isInstanceOf(ModelFormatException.class);
    }

    @Test
    void floatsAreExactInEveryFormat() {
        for (Format format : new Format[] {Format.F32, Format.F16, Format.BF16}) {
            assertThat(entry(format, 2, 3).floats()).containsExactly(0f, 1f, 2f, 3f, 4f, 5f);
        }
    }

    @Test
    void halfPrecisionCornersAreUnpacked() {
        byte[] corners = {1, 0, 0, (byte) 0x80, (byte) 0xff, 0x7b, 0, 0x7c};
        TensorEntry f16 = open(new SafetensorsWriter().add("t", "F16", new long[] {4}, corners));
        assertThat(f16.floats()).containsExactly(0x1p-24f, -0f, 65504f, Float.POSITIVE_INFINITY);
        byte[] bfloat = {1, 0, 0, (byte) 0x80, 0x7f, 0x7f, (byte) 0x80, (byte) 0xff};
        TensorEntry bf16 = open(new SafetensorsWriter().add("t", "BF16", new long[] {4}, bfloat));
        assertThat(bf16.floats()).containsExactly(0x1p-133f, -0f, 0x1.fep127f, Float.NEGATIVE_INFINITY);
    }

    @Test
    void dtypesThatAreNoWeightsAreRefusedWhenAsked() {
        TensorEntry ids = open(new SafetensorsWriter().add("t", "I64", new long[] {1, 1}, new byte[8]));
        String message = folder.resolve("t.safetensors")
                + ": found tensor t of dtype I64; supported: weights in F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q5_K, Q6_K";
        assertThatThrownBy(ids::matrix)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(message);
        assertThatThrownBy(ids::floats)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(message);
    }

    /// A tensor counting up from 0.
    private TensorEntry entry(Format format, long... shape) {
        int elements = (int) LongStream.of(shape).reduce(1, (a, b) -> a * b);
        float[] values = new float[elements];
        IntStream.range(0, elements).forEach(i -> values[i] = i);
        return open(new SafetensorsWriter().add("t", format, shape, values));
    }

    private TensorEntry open(SafetensorsWriter writer) {
        return SafetensorsFileTest.entry(
                SafetensorsFile.open(writer.write(folder.resolve("t.safetensors")), arena), "t");
    }
}
