package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;

/// Weights, read-only: `rows` output rows of `cols` inputs each, row after row in `format`, usually mapped from
/// a file.
///
/// The segment need not be aligned to more than one byte. Columns are a multiple of the format's block.
public record Matrix(MemorySegment bytes, Format format, int rows, int cols) {
    public Matrix {
        if (rows < 0 || cols < 0) {
            throw new IllegalArgumentException("matrix [" + rows + ", " + cols + "]");
        }
        if (cols % format.block() != 0) {
            throw new IllegalArgumentException("matrix [" + rows + ", " + cols + "] of " + format
                    + ": expected a multiple of " + format.block() + " columns");
        }
        long expected = format.bytes((long) rows * cols);
        if (bytes.byteSize() != expected) {
            throw new IllegalArgumentException("matrix [" + rows + ", " + cols + "] of " + format + ": expected "
                    + expected + " bytes, found " + bytes.byteSize());
        }
    }

    /// Weights on the heap, row-major `[rows, cols]`; for tests and small tables.
    public static Matrix of(float[] data, int rows, int cols) {
        return new Matrix(MemorySegment.ofArray(data), Format.F32, rows, cols);
    }

    /// Bytes from one row to the next.
    public long rowBytes() {
        return format.bytes(cols);
    }

    /// Rows `[begin, end)`, sharing the bytes.
    public Matrix slice(int begin, int end) {
        return new Matrix(bytes.asSlice(begin * rowBytes(), (end - begin) * rowBytes()), format, end - begin, cols);
    }
}
