package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;

/// Weights, read-only: `rows` output rows of `cols` inputs each in `format`, usually mapped from a file.
///
/// The segment need not be aligned to more than one byte. Columns are a multiple of the format's block.
public record Matrix(MemorySegment bytes, Format format, int rows, int cols, Layout layout) {
    /// In which order the weights lie.
    public enum Layout {
        /// Row after row, as in files.
        ROWS,
        /// 16 rows side by side, see [Interleaved]. Who reads them quantises activations if it computes faster so.
        INTERLEAVED;

        private long bytes(Format format, int rows, int cols) {
            return this == ROWS ? format.bytes((long) rows * cols) : Interleaved.bytes(format, rows, cols);
        }
    }

    public Matrix {
        if (rows < 0 || cols < 0) {
            throw new IllegalArgumentException("matrix [" + rows + ", " + cols + "]");
        }
        if (cols % format.block() != 0) {
            throw new IllegalArgumentException("matrix [" + rows + ", " + cols + "] of " + format
                    + ": expected a multiple of " + format.block() + " columns");
        }
        long expected = layout.bytes(format, rows, cols);
        if (bytes.byteSize() != expected) {
            throw new IllegalArgumentException("matrix [" + rows + ", " + cols + "] of " + format + ": expected "
                    + expected + " bytes, found " + bytes.byteSize());
        }
    }

    /// Row after row.
    public Matrix(MemorySegment bytes, Format format, int rows, int cols) {
        this(bytes, format, rows, cols, Layout.ROWS);
    }

    /// Weights on the heap, row-major `[rows, cols]`; for tests and small tables.
    public static Matrix of(float[] data, int rows, int cols) {
        return new Matrix(MemorySegment.ofArray(data), Format.F32, rows, cols);
    }

    /// Bytes from one row to the next, where it is laid out in rows.
    public long rowBytes() {
        return format.bytes(cols);
    }

    /// Weights `[row, 0 … cols - 1]`, exactly, to `to` from `at` on.
    public void unpackRow(int row, float[] to, int at) {
        if (layout == Layout.ROWS) {
            format.unpack(bytes, (long) row * cols, cols, to, at);
        } else {
            for (int col = 0; col < cols; col++) {
                to[at + col] = Interleaved.read(bytes, format, cols, row, col);
            }
        }
    }

    /// Rows `[begin, end)`, sharing the bytes. Of interleaved rows only whole groups can be cut.
    public Matrix slice(int begin, int end) {
        if (layout == Layout.ROWS) {
            MemorySegment some = bytes.asSlice(begin * rowBytes(), (end - begin) * rowBytes());
            return new Matrix(some, format, end - begin, cols);
        }
        if (begin % Interleaved.ROWS != 0 || end % Interleaved.ROWS != 0 && end != rows) {
            throw new IllegalArgumentException("rows " + begin + " to " + end + " of interleaved " + rows
                    + ": expected multiples of " + Interleaved.ROWS);
        }
        long from = begin / Interleaved.ROWS * Interleaved.groupBytes(format, cols);
        MemorySegment some = bytes.asSlice(from, layout.bytes(format, end - begin, cols));
        return new Matrix(some, format, end - begin, cols, layout);
    }
}
