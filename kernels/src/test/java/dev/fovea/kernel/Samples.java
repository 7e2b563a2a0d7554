package dev.fovea.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Seeded inputs that lie awkwardly: tensors are views with an offset and a stride beyond their columns,
/// weights begin at an odd byte. What lies around an input is NaN, what lies around an output must stay.
final class Samples {
    static final long SEED = 20260911;

    private static final float GUARD = 12345.678f;

    private final Random random;
    private final double magnitude;

    Samples(long salt) {
        this(salt, 1);
    }

    Samples(long salt, double magnitude) {
        this.random = new Random(SEED + salt);
        this.magnitude = magnitude;
    }

    float next() {
        return (float) (random.nextGaussian() * magnitude);
    }

    float[] array(int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = next();
        }
        return x;
    }

    /// `[rows, cols]`, NaN around it.
    Tensor tensor(int rows, int cols) {
        Tensor x = view(rows, cols, Float.NaN);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                x.data()[x.at(r) + c] = next();
            }
        }
        return x;
    }

    /// `[rows, cols]` of garbage to be written to.
    static Tensor output(int rows, int cols) {
        return view(rows, cols, GUARD);
    }

    private static Tensor view(int rows, int cols, float around) {
        int stride = cols + 3;
        float[] data = new float[5 + rows * stride + 7];
        java.util.Arrays.fill(data, around);
        return new Tensor(data, 5, rows, cols, stride);
    }

    /// Weights `[rows, cols]` at an odd byte, off the heap if `arena` is given one.
    Matrix matrix(Format format, int rows, int cols, Arena arena) {
        MemorySegment bytes =
                arena.allocate(format.bytes((long) rows * cols) + 1).asSlice(1);
        fill(bytes, format, (long) rows * cols);
        return new Matrix(bytes, format, rows, cols);
    }

    Matrix heapMatrix(Format format, int rows, int cols) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) format.bytes((long) rows * cols) + 1])
                .asSlice(1);
        fill(bytes, format, (long) rows * cols);
        return new Matrix(bytes, format, rows, cols);
    }

    KeyValues keyValues(Format format, int rows, int heads, int headDim, Arena arena) {
        int stride = heads * headDim + 5;
        long bytes = format.bytes((long) rows * stride);
        MemorySegment keys = arena.allocate(bytes, 4);
        MemorySegment values = arena.allocate(bytes, 4);
        fill(keys, format, (long) rows * stride);
        fill(values, format, (long) rows * stride);
        return new KeyValues(keys, values, format, rows, heads, headDim, stride);
    }

    private void fill(MemorySegment bytes, Format format, long count) {
        if (format.block() > 1) {
            fillBlocks(bytes, format);
            return;
        }
        for (long i = 0; i < count; i++) {
            float value = next();
            switch (format) {
                case F32 ->
                    bytes.set(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 4 * i, value);
                case F16 -> putShort(bytes, i, Float.floatToFloat16(value));
                case BF16 -> putShort(bytes, i, (short) (Float.floatToRawIntBits(value) >> 16));
                default -> throw new IllegalArgumentException("no format of single numbers: " + format);
            }
        }
    }

    /// Any bytes are a block, but for the binary16 scales, which are finite.
    private void fillBlocks(MemorySegment bytes, Format format) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
        for (long block = 0; block < bytes.byteSize(); block += format.blockBytes()) {
            switch (format) {
                case Q8_0, Q4_0 -> putShort(bytes.asSlice(block), 0, Float.floatToFloat16(next() / 16));
                case Q4_K, Q5_K -> {
                    putShort(bytes.asSlice(block), 0, Float.floatToFloat16(next() / 256));
                    putShort(bytes.asSlice(block), 1, Float.floatToFloat16(next() / 64));
                }
                case Q6_K -> putShort(bytes.asSlice(block), 104, Float.floatToFloat16(next() / 1024));
                default -> throw new IllegalArgumentException("no block format: " + format);
            }
        }
    }

    /// The smallest number from `cols` on that a row of `format` can have.
    static int whole(Format format, int cols) {
        return Math.ceilDiv(cols, format.block()) * format.block();
    }

    static void putShort(MemorySegment bytes, long index, short value) {
        bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 2 * index, value);
    }

    /// That `found` holds the expected numbers within their bounds.
    static void assertWithin(String what, Tensor found, Oracle.Answer expected) {
        for (int r = 0; r < found.rows(); r++) {
            for (int c = 0; c < found.cols(); c++) {
                double value = expected.values()[r][c];
                double bound = expected.bounds()[r][c];
                if (!(Math.abs(found.get(r, c) - value) <= bound)) {
                    throw new AssertionError("%s, seed %d: [%d, %d] expected %s within %s, found %s"
                            .formatted(what, SEED, r, c, value, bound, found.get(r, c)));
                }
            }
        }
    }

    /// That nothing was written around a tensor made by [#output].
    static void assertGuarded(Tensor y) {
        for (int i = 0; i < y.data().length; i++) {
            int row = Math.floorDiv(i - y.offset(), y.stride());
            boolean inside = row >= 0 && row < y.rows() && i - y.at(row) < y.cols();
            if (!inside) {
                assertThat(y.data()[i]).as("number %d, outside of %s", i, y).isEqualTo(GUARD);
            }
        }
    }

    /// That products computed together equal those computed alone, bit for bit, every other one with a bias.
    static void assertSeveralAreThoseOfEach(Kernels kernels, Tensor x, Matrix... weights) {
        List<Kernels.Product> together = new ArrayList<>();
        List<Tensor> alone = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            float[] bias = i % 2 == 0 ? new Samples(70 + i).array(weights[i].rows()) : null;
            together.add(new Kernels.Product(weights[i], bias, output(x.rows(), weights[i].rows())));
            alone.add(output(x.rows(), weights[i].rows()));
            kernels.matmul(weights[i], x, bias, alone.get(i));
        }
        kernels.matmul(together, x);
        for (int i = 0; i < weights.length; i++) {
            assertThat(together.get(i).y().toArray())
                    .as("product " + i)
                    .isEqualTo(alone.get(i).toArray());
            assertGuarded(together.get(i).y());
        }
    }
}
