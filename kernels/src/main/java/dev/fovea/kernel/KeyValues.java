package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// The keys and values that queries attend to: `rows` rows of `heads * headDim` numbers, heads side by side.
///
/// @param keys      row `r` begins at byte `format.bytes(r * stride)`
/// @param values    laid out as the keys
/// @param format    F32 or F16
/// @param rows      keys visible, in order
/// @param heads     key/value heads; queries may have a multiple of it (grouped-query attention)
/// @param headDim   numbers per head
/// @param stride    numbers from one row to the next, at least `heads * headDim`
public record KeyValues(
        MemorySegment keys, MemorySegment values, Format format, int rows, int heads, int headDim, int stride) {
    public KeyValues {
        if (format != Format.F32 && format != Format.F16) {
            throw new IllegalArgumentException("keys and values are F32 or F16, found " + format);
        }
        if (rows < 0 || heads <= 0 || headDim <= 0 || stride < heads * headDim) {
            throw new IllegalArgumentException(
                    "keys [" + rows + ", " + heads + " * " + headDim + "], stride " + stride);
        }
        long needed = rows == 0 ? 0 : format.bytes((rows - 1L) * stride + (long) heads * headDim);
        if (keys.byteSize() < needed || values.byteSize() < needed) {
            throw new IllegalArgumentException("keys and values: expected at least " + needed + " bytes each, found "
                    + keys.byteSize() + " and " + values.byteSize());
        }
    }

    /// Keys and values that are activations, `k` and `v` `[rows, heads * headDim]` with equal strides; shares
    /// their arrays.
    public static KeyValues of(Tensor k, Tensor v, int headDim) {
        if (k.rows() != v.rows() || k.cols() != v.cols() || k.stride() != v.stride() || k.cols() % headDim != 0) {
            throw new IllegalArgumentException("keys " + k + ", values " + v + ", headDim " + headDim);
        }
        return new KeyValues(
                MemorySegment.ofArray(k.data()).asSlice(4L * k.offset()),
                MemorySegment.ofArray(v.data()).asSlice(4L * v.offset()),
                Format.F32,
                k.rows(),
                k.cols() / headDim,
                headDim,
                k.stride());
    }

    /// Keys and values `[begin, end)`, sharing the memory.
    public KeyValues slice(int begin, int end) {
        Objects.checkFromToIndex(begin, end, rows);
        long from = begin == end ? 0 : format.bytes((long) begin * stride);
        return new KeyValues(keys.asSlice(from), values.asSlice(from), format, end - begin, heads, headDim, stride);
    }
}
