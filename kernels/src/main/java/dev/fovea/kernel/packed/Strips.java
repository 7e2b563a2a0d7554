package dev.fovea.kernel.packed;

import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.packed.Arithmetic.Notes;
import java.lang.foreign.MemorySegment;

/// Multiplies rows of activations by strips of packed weights, in one [Arithmetic]. For one product at a time, whose
/// strips several workers share out.
public interface Strips extends AutoCloseable {
    /// Rows that [#multiply] may read beyond the last.
    int SPARE_ROWS = 16;

    /// Rows of activations as they are multiplied.
    ///
    /// @param values   `[rows + SPARE_ROWS]` rows of `depth` numbers, one every `rowBytes`
    /// @param rowBytes from row to row
    /// @param scales   `[rows + SPARE_ROWS]`, of each row
    record Activations(MemorySegment values, long rowBytes, float[] scales) {}

    /// Outputs `first … first + outs - 1` of a product.
    ///
    /// @param weights `[padded / 64][depth / g][64][g]`, where `g` numbers are four bytes
    /// @param outs    that exist, at most `padded`
    /// @param padded  a multiple of 64
    /// @param depth   a multiple of 64
    /// @param notes   of the weights; output `first` is number `noteAt`
    /// @param bias    `[outs]`, or longer
    record Strip(
            MemorySegment weights, int first, int outs, int padded, int depth, Notes notes, int noteAt, float[] bias) {}

    Arithmetic arithmetic();

    /// Most outputs of a strip, a multiple of 64.
    int outputs();

    /// Rows that are multiplied together; fewer may be left at the end.
    int tileRows();

    /// Most tiles of a task where the weights are packed already.
    int tiles(int depth);

    /// From row to row of activations.
    long rowBytes(int depth);

    /// Whether such a product can be computed; called before each.
    boolean serves(int rows, int outs, int depth);

    /// Rounds rows `begin … end - 1`.
    ///
    /// @param depth what follows the columns of `x` up to there becomes zero
    void convert(Tensor x, int begin, int end, int depth, Activations to);

    /// `y[begin … end - 1, first …] = activations · weights + bias`.
    void multiply(int worker, Activations activations, int begin, int end, Strip strip, Tensor y);

    @Override
    void close();
}
