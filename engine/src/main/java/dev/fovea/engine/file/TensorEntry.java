package dev.fovea.engine.file;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/// One named tensor of a checkpoint: `shape` numbers of type `dtype`, outermost dimension first, mapped read-only.
///
/// `bytes` has exactly the size that `shape` and `dtype` ask for; it dies with the arena the file was opened in.
public record TensorEntry(String name, String dtype, long[] shape, MemorySegment bytes, Path file) {
    /// Larger tensors are weights and are used where they lie, not copied to the heap.
    private static final long MAX_COPIED = 1 << 24;

    /// The first size that a matrix cannot have; products of two such sizes still fit a long.
    private static final long TOO_LARGE = 1L << 31;

    private static final String FORMATS =
            Arrays.stream(Format.values()).map(Format::name).collect(Collectors.joining(", "));

    /// How many numbers the tensor holds.
    public long elements() {
        long elements = 1;
        for (long size : shape) {
            elements *= size;
        }
        return elements;
    }

    /// How the numbers are stored; a dtype that weights are not served in is an [UnsupportedModelException].
    public Format format() {
        for (Format format : Format.values()) {
            if (format.name().equals(dtype)) {
                return format;
            }
        }
        throw new UnsupportedModelException(file, "tensor " + name + " of dtype " + dtype, "weights in " + FORMATS);
    }

    /// The tensor as weights, sharing the bytes: `[n]` as `[1, n]`, `[rows, cols]` as it is, and a convolution
    /// `[out, channels, height, width]` as `[out, channels * height * width]`.
    public Matrix matrix() {
        Format format = format();
        long rows = shape.length == 1 ? 1 : shape.length == 0 ? 0 : shape[0];
        long cols = 1;
        for (int i = shape.length == 1 ? 0 : 1; i < shape.length; i++) {
            cols = Math.min(cols, TOO_LARGE) * Math.min(shape[i], TOO_LARGE);
        }
        boolean rankFits = shape.length == 1 || shape.length == 2 || shape.length == 4;
        if (!rankFits || rows >= TOO_LARGE || cols >= TOO_LARGE) {
            throw new ModelFormatException(
                    file,
                    "tensor " + name + " of 1, 2 or 4 dimensions that fit a matrix",
                    "shape " + Arrays.toString(shape));
        }
        if (cols % format.block() != 0) {
            throw new ModelFormatException(
                    file,
                    "tensor " + name + " with rows of a multiple of " + format.block() + " numbers",
                    "shape " + Arrays.toString(shape));
        }
        return new Matrix(bytes, format, (int) rows, (int) cols);
    }

    /// A copy of a small tensor as floats, in the order of the file.
    public float[] floats() {
        Format format = format();
        if (elements() > MAX_COPIED) {
            throw new ModelFormatException(
                    file,
                    "tensor " + name + " of at most " + MAX_COPIED + " numbers",
                    "shape " + Arrays.toString(shape));
        }
        float[] out = new float[(int) elements()];
        format.unpack(bytes, 0, out.length, out, 0);
        return out;
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape);
    }
}
