package dev.fovea.kernel.packed;

import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;

/// One product whose every intermediate number is a whole one that all arithmetics hold exactly. Versions of oneDNN
/// have been seen to compute wrong numbers at full speed.
public final class SelfCheck {
    private static final int ROWS = 40;
    private static final int IN = 100;
    private static final int OUT = 70;
    private static final int LARGEST = 127;

    private SelfCheck() {}

    /// @param technique for messages
    /// @throws UnsupportedOperationException if a number is wrong or `products` refuse
    public static void run(PackedProducts products, String technique) {
        float[] w = numbers(OUT, 31); // [OUT, IN]
        float[] x = numbers(ROWS, 17); // [ROWS, IN]
        Tensor y = Tensor.zeros(ROWS, OUT);
        if (!products.multiply(Matrix.of(w, OUT, IN), Tensor.of(x, ROWS, IN), null, y)) {
            throw new UnsupportedOperationException(technique + ": there is no usable product on this processor");
        }
        for (int row = 0; row < ROWS; row++) {
            for (int out = 0; out < OUT; out++) {
                float expected = 0;
                for (int i = 0; i < IN; i++) {
                    expected += x[row * IN + i] * w[out * IN + i];
                }
                if (y.get(row, out) != expected) {
                    throw new UnsupportedOperationException(technique + ": wrong numbers on this processor: expected "
                            + expected + ", found " + y.get(row, out));
                }
            }
        }
    }

    /// Rows of whole numbers up to LARGEST in magnitude, each with that one in it; the first two hold nothing else,
    /// which shows a processor that adds products in 16 bits.
    private static float[] numbers(int rows, int step) {
        float[] numbers = new float[rows * IN];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < IN; i++) {
                int value = (row * 7 + i * step) % (2 * LARGEST + 1) - LARGEST;
                numbers[row * IN + i] = row == 0 ? LARGEST : row == 1 ? -LARGEST : value;
            }
            numbers[row * IN + row] = LARGEST;
        }
        return numbers;
    }
}
