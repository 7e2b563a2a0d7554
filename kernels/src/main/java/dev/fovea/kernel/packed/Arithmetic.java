package dev.fovea.kernel.packed;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;

/// What activations, weights and sums are while products of packed weights have them, and how floats become that and
/// come back.
///
/// All methods take one row at a time, so that each is a small loop over vectors. Stateless.
public sealed interface Arithmetic permits F32, Bf16, Int8 {
    static Arithmetic of(Compute compute) {
        return switch (compute) {
            case F32 -> new F32();
            case BF16 -> new Bf16();
            case INT8 -> new Int8();
        };
    }

    Compute compute();

    /// Of activations and weights.
    int elementBytes();

    /// Most columns whose sums are right.
    default int mostCols() {
        return Integer.MAX_VALUE;
    }

    /// Whether weights in `format` already are what [#weights] makes of them.
    boolean isAsStored(Format format);

    /// Room for what [#weights] notes of `outs` outputs.
    default Notes notes(int outs) {
        return Notes.NONE;
    }

    /// Writes a row of activations and zeros after it.
    ///
    /// @param x     `[cols]` from `at`
    /// @param to    `[depth]` from byte `toAt`
    /// @param depth `cols` or more
    /// @return the scale of the row, as [#sums] takes it
    float activations(float[] x, int at, int cols, MemorySegment to, long toAt, int depth);

    /// Writes a row of weights, four bytes of them to each `int`.
    ///
    /// @param w     `[cols]`, then zeros up to a multiple of 64
    /// @param to    `[cols * elementBytes / 4]`, rounded up likewise, from `toAt`
    /// @param notes keeps what [#sums] needs to know of output `out`
    void weights(float[] w, int cols, int[] to, int toAt, Notes notes, int out);

    /// Writes a row of results.
    ///
    /// @param sums  `[cols]` from byte `from`
    /// @param scale of the row of activations
    /// @param notes of the outputs from `out` on
    /// @param bias  `[cols]` from 0
    /// @param y     `[cols]` from `at`
    void sums(
            MemorySegment sums,
            long from,
            int cols,
            float scale,
            Notes notes,
            int out,
            float[] bias,
            float[] y,
            int at);

    /// What is to be known of each output beside its packed weights.
    ///
    /// @param scales  `[out]`, what one step of a whole-number weight is worth
    /// @param offsets `[out]`, what a sum holds too much because activations are stored without sign
    record Notes(float[] scales, int[] offsets) {
        static final Notes NONE = new Notes(new float[0], new int[0]);
    }
}
