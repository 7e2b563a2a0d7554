package dev.fovea.kernel;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// The arithmetic that models are made of, on arrays. Knows no model.
///
/// Implementations are stateless apart from their [Workers] and shared by all sessions. All write into their last
/// argument, or in place where the name says so. Sources and destinations must not overlap unless stated.
/// Results are bit-identical for any number of threads. Shape mismatches throw `IllegalArgumentException`.
public interface Kernels {
    /// The fastest technique that this JVM can run in binary32; logs which and why.
    static Kernels best(Workers workers) {
        return best(workers, Compute.F32);
    }

    /// The fastest technique that this JVM can run, in that arithmetic where there is one that has it and else in
    /// binary32; logs which and why.
    static Kernels best(Workers workers, Compute compute) {
        return Backends.best(workers, compute);
    }

    /// The technique `scalar`, `vector`, `vnni`, or that of a [KernelsProvider], in binary32.
    static Kernels named(String name, Workers workers) {
        return named(name, workers, Compute.F32);
    }

    /// The technique `scalar`, `vector`, `vnni`, `avxvnni`, `avx2`, or that of a [KernelsProvider]. Never another one
    /// and never in another
    /// arithmetic: throws `UnsupportedOperationException` where this JVM cannot run it.
    static Kernels named(String name, Workers workers, Compute compute) {
        return Backends.named(name, workers, compute);
    }

    /// Name and technique, such as `vector-512`, shown in every report.
    String name();

    /// The threads that this instance computes on.
    Workers workers();

    /// The arithmetic of its products with many rows.
    default Compute compute() {
        return Compute.F32;
    }

    /// Operations per second that its kind of instruction reaches at most on these threads, measured now, in about
    /// half a second; empty where that bounds nothing.
    default OptionalDouble peak() {
        return OptionalDouble.empty();
    }

    /// The weights as this technique multiplies them fastest: `w` itself, or new memory of `arena` that replaces it.
    /// Called once for each matrix at load; products with what it returns are as exact as [#compute].
    default Matrix interleaved(Matrix w, Arena arena) {
        return w;
    }

    /// Row `row` of `w`, exactly.
    ///
    /// @param to `[in]`, or longer
    default void unpack(Matrix w, int row, float[] to) {
        w.unpackRow(row, to, 0);
    }

    /// `y = x wᵀ + bias`.
    ///
    /// @param w    `[out, in]`
    /// @param x    `[rows, in]`
    /// @param bias `[out]` or null
    /// @param y    `[rows, out]`
    void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y);

    /// One of several products with the same rows.
    ///
    /// @param w    `[out, in]`
    /// @param bias `[out]` or null
    /// @param y    `[rows, out]`
    record Product(Matrix w, float @Nullable [] bias, Tensor y) {}

    /// As [#matmul(Matrix, Tensor, float[], Tensor)] of each, bit for bit, at less cost where rows are converted first.
    ///
    /// @param x `[rows, in]`
    default void matmul(List<Product> products, Tensor x) {
        for (Product product : products) {
            matmul(product.w(), x, product.bias(), product.y());
        }
    }

    /// Scaled dot-product attention, `y = softmax(q kᵀ / √headDim) v` per head, over the visible keys.
    /// Query head `h` uses key/value head `h / (heads / kvHeads)`.
    ///
    /// @param q `[rows, heads * headDim]`
    /// @param y `[rows, heads * headDim]`
    void attention(Tensor q, KeyValues kv, Visible visible, Tensor y);

    /// Attention of one query row over two sets of keys at once, in one softmax: those of `kv`, then those of
    /// `extra`.
    ///
    /// @param q     `[1, heads * headDim]`
    /// @param extra may have no rows
    /// @param y     `[1, heads * headDim]`
    void attentionJoint(Tensor q, KeyValues kv, KeyValues extra, Tensor y);

    /// The attention weights of one query row over all keys, softmax included.
    ///
    /// @param q       `[1, heads * headDim]`
    /// @param weights `[heads, keys]`
    void attentionWeights(Tensor q, KeyValues kv, Tensor weights);

    /// `y = x / √(mean(x²) + eps) · weight`, row by row; `y` may be `x`.
    ///
    /// @param x      `[rows, cols]`
    /// @param weight `[cols]`
    void rmsNorm(Tensor x, float[] weight, float eps, Tensor y);

    /// `y = (x − mean) / √(variance + eps) · weight + bias`, row by row; `y` may be `x`.
    ///
    /// @param x      `[rows, cols]`
    /// @param weight `[cols]`
    /// @param bias   `[cols]`
    void layerNorm(Tensor x, float[] weight, float[] bias, float eps, Tensor y);

    /// Rotates every head of row `r` by the table's row `positions[r]`.
    ///
    /// @param x `[rows, heads * headDim]`
    void ropeInPlace(Tensor x, int headDim, RotaryTable table, int[] positions);

    /// Softmax of every row.
    void softmaxInPlace(Tensor x);

    void activateInPlace(Activation activation, Tensor x);

    /// `gate = silu(gate) · up`, both `[rows, cols]`.
    void siluMulInPlace(Tensor gate, Tensor up);

    /// `x = x + y`, both `[rows, cols]`.
    void addInPlace(Tensor x, Tensor y);
}
