package dev.fovea.kernel;

import java.util.Arrays;
import java.util.Objects;

/// Activations: `rows` rows of `cols` floats inside `data`; row `r` begins at `offset + r * stride`.
///
/// A view: several tensors may share one array. There is no broadcasting and there are no further dimensions.
public record Tensor(float[] data, int offset, int rows, int cols, int stride) {
    public Tensor {
        if (rows < 0 || cols < 0 || stride < cols || offset < 0) {
            throw new IllegalArgumentException(
                    "tensor [" + rows + ", " + cols + "] with stride " + stride + " at " + offset);
        }
        long end = rows == 0 ? offset : offset + (rows - 1L) * stride + cols;
        Objects.checkFromToIndex(offset, end, data.length);
    }

    /// A new tensor of zeros, rows back to back.
    public static Tensor zeros(int rows, int cols) {
        return new Tensor(new float[Math.multiplyExact(rows, cols)], 0, rows, cols, cols);
    }

    /// All of `data` seen as `rows` rows of `cols`.
    public static Tensor of(float[] data, int rows, int cols) {
        return new Tensor(data, 0, rows, cols, cols);
    }

    /// Where row `row` begins in `data`.
    public int at(int row) {
        return offset + row * stride;
    }

    public float get(int row, int col) {
        return data[at(row) + Objects.checkIndex(col, cols)];
    }

    /// Rows `[begin, end)`, sharing the data.
    public Tensor slice(int begin, int end) {
        Objects.checkFromToIndex(begin, end, rows);
        return new Tensor(data, begin == end ? offset : at(begin), end - begin, cols, stride);
    }

    /// Columns `[begin, end)`, sharing the data.
    public Tensor columns(int begin, int end) {
        Objects.checkFromToIndex(begin, end, cols);
        return new Tensor(data, rows == 0 ? offset : offset + begin, rows, end - begin, stride);
    }

    /// Copies row `row` into `to` beginning at `at`.
    public void copyRow(int row, float[] to, int at) {
        System.arraycopy(data, at(row), to, at, cols);
    }

    /// A copy of the whole tensor with rows back to back.
    public Tensor copy() {
        Tensor copy = zeros(rows, cols);
        for (int r = 0; r < rows; r++) {
            copyRow(r, copy.data, r * cols);
        }
        return copy;
    }

    /// A copy of the elements in row order.
    public float[] toArray() {
        return rows == 0
                ? new float[0]
                : stride == cols ? Arrays.copyOfRange(data, offset, offset + rows * cols) : copy().data;
    }

    @Override
    public String toString() {
        return "Tensor[" + rows + ", " + cols + "]";
    }
}
