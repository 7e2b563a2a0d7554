package dev.fovea.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Kernels that also count the floating-point operations of products and attention, from the shapes that ran.
///
/// A multiplication with its addition counts as two. Norms, activations, softmax and the like are not counted, as in
/// the literature. Not thread-safe: one forward pass at a time.
public final class CountingKernels implements ForwardingKernels {
    private final Kernels kernels;
    private long operations;

    public CountingKernels(Kernels kernels) {
        this.kernels = kernels;
    }

    /// Operations since the beginning.
    public long operations() {
        return operations;
    }

    @Override
    public Kernels others() {
        return kernels;
    }

    @Override
    public String name() {
        return kernels.name();
    }

    @Override
    public void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        count(w, x);
        kernels.matmul(w, x, bias, y);
    }

    @Override
    public void matmul(List<Product> products, Tensor x) {
        for (Product product : products) {
            count(product.w(), x);
        }
        kernels.matmul(products, x);
    }

    private void count(Matrix w, Tensor x) {
        operations += 2L * x.rows() * w.rows() * w.cols();
    }

    @Override
    public void attention(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        long pairs = 0;
        for (int row = 0; row < q.rows(); row++) {
            pairs += visible.keys(row, kv.rows());
        }
        operations += 4L * pairs * q.cols(); // q kᵀ and weights times v
        kernels.attention(q, kv, visible, y);
    }

    @Override
    public void attentionJoint(Tensor q, KeyValues kv, KeyValues extra, Tensor y) {
        operations += 4L * (kv.rows() + extra.rows()) * q.cols();
        kernels.attentionJoint(q, kv, extra, y);
    }

    @Override
    public void attentionWeights(Tensor q, KeyValues kv, Tensor weights) {
        operations += 2L * kv.rows() * q.cols();
        kernels.attentionWeights(q, kv, weights);
    }
}
