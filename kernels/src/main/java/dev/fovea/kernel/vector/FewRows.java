package dev.fovea.kernel.vector;

import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import org.jspecify.annotations.Nullable;

/// Matrix products with one row or a few, as in decoding: bound by reading the weights, which are therefore
/// read where they lie, once, several output rows at a time.
final class FewRows {
    /// More rows than this are faster as a panel.
    static final int MOST = 4;

    /// Weights for which waking a second thread pays.
    private static final int SHARED = 1 << 15;

    /// Tasks of a worker, so that none waits long for another at the end.
    private static final int PARTS = 8;

    private final Width width;
    private final Workers workers;

    FewRows(Width width, Workers workers) {
        this.width = width;
        this.workers = workers;
    }

    void multiply(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        RowCodec codec = width.codec(w);
        int in = w.cols();
        float[] arranged = workers.sharedScratch(Math.multiplyExact(x.rows(), in)); // [rows][in]
        for (int row = 0; row < x.rows(); row++) {
            codec.arrange(x.data(), x.at(row), in, arranged, row * in);
        }
        int groups = Math.ceilDiv(w.rows(), codec.group());
        if ((long) w.rows() * in < SHARED || workers.threads() == 1) {
            multiplyGroups(w, 0, groups, arranged, x.rows(), bias, y, 0);
            return;
        }
        int parts = Math.min(groups, PARTS * workers.threads());
        workers.forEach(parts, (part, worker) -> {
            int begin = (int) ((long) groups * part / parts);
            int end = (int) ((long) groups * (part + 1) / parts);
            multiplyGroups(w, begin, end, arranged, x.rows(), bias, y, worker);
        });
    }

    private void multiplyGroups(
            Matrix w, int begin, int end, float[] arranged, int rows, float @Nullable [] bias, Tensor y, int worker) {
        RowCodec codec = width.codec(w);
        int in = w.cols();
        float[] sums = workers.scratch(worker, codec.dotFloats());
        for (int group = begin; group < end; group++) {
            int out = group * codec.group();
            int count = Math.min(codec.group(), w.rows() - out);
            for (int row = 0; row < rows; row++) {
                codec.dots(w.bytes(), (long) out * in, in, count, in, arranged, row * in, sums, 0);
                for (int i = 0; i < count; i++) {
                    y.data()[y.at(row) + out + i] = bias == null ? sums[i] : sums[i] + bias[out + i];
                }
            }
        }
    }
}
