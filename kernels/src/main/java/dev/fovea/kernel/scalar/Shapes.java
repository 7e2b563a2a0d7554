package dev.fovea.kernel.scalar;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import org.jspecify.annotations.Nullable;

/// The shape checks of every operation, common to all techniques. Each throws `IllegalArgumentException` that names
/// what was expected and what was found, and allocates nothing where the shapes are right.
public final class Shapes {
    private Shapes() {}

    public static void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        if (x.cols() != w.cols()) {
            throw wrong("matmul: x", w.cols() + " columns", x);
        }
        if (y.rows() != x.rows() || y.cols() != w.rows()) {
            throw wrong("matmul: y", "Tensor[" + x.rows() + ", " + w.rows() + "]", y);
        }
        if (bias != null) {
            length("matmul: bias", bias, w.rows());
        }
    }

    public static void attention(Tensor q, KeyValues kv, Tensor y) {
        heads(q, kv);
        same("attention: y", q, y);
    }

    public static void attentionJoint(Tensor q, KeyValues kv, KeyValues extra, Tensor y) {
        if (q.rows() != 1) {
            throw wrong("attentionJoint: q", "one row", q);
        }
        if (extra.heads() != kv.heads() || extra.headDim() != kv.headDim()) {
            throw wrong(
                    "attentionJoint: extra keys",
                    kv.heads() + " heads of " + kv.headDim(),
                    extra.heads() + " heads of " + extra.headDim());
        }
        attention(q, kv, y);
    }

    public static void attentionWeights(Tensor q, KeyValues kv, Tensor weights) {
        if (q.rows() != 1) {
            throw wrong("attentionWeights: q", "one row", q);
        }
        heads(q, kv);
        int heads = q.cols() / kv.headDim();
        if (weights.rows() != heads || weights.cols() != kv.rows()) {
            throw wrong("attentionWeights: weights", "Tensor[" + heads + ", " + kv.rows() + "]", weights);
        }
    }

    public static void rope(Tensor x, int headDim, RotaryTable table, int[] positions) {
        if (headDim <= 0 || x.cols() % headDim != 0) {
            throw wrong("rope: x", "a multiple of " + headDim + " columns", x);
        }
        if (2L * table.cos().cols() > headDim) {
            throw wrong("rope: table", "at most " + headDim / 2 + " columns", table.cos());
        }
        if (positions.length != x.rows()) {
            throw wrong("rope: positions", x.rows() + " of them", positions.length);
        }
        for (int position : positions) {
            if (position < 0 || position >= table.cos().rows()) {
                throw wrong("rope: position", "0 to " + (table.cos().rows() - 1), position);
            }
        }
    }

    public static void same(String what, Tensor expected, Tensor found) {
        if (expected.rows() != found.rows() || expected.cols() != found.cols()) {
            throw wrong(what, expected, found);
        }
    }

    public static void length(String what, float[] found, int expected) {
        if (found.length != expected) {
            throw wrong(what, expected + " numbers", found.length);
        }
    }

    private static void heads(Tensor q, KeyValues kv) {
        if (q.cols() == 0 || q.cols() % (kv.heads() * kv.headDim()) != 0) {
            throw wrong("attention: q", "a multiple of " + kv.heads() + " heads of " + kv.headDim(), q);
        }
    }

    private static IllegalArgumentException wrong(String what, Object expected, Object found) {
        return new IllegalArgumentException(what + ": expected " + expected + ", found " + found);
    }
}
