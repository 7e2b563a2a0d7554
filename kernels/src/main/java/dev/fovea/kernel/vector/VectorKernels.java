package dev.fovea.kernel.vector;

import dev.fovea.kernel.Activation;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.scalar.Shapes;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalDouble;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// Every operation with the Vector API. Arithmetic is binary32 throughout, whatever the format of the weights.
public final class VectorKernels implements Kernels {
    /// Numbers for which waking a second thread pays.
    private static final int SHARED = 1 << 15;

    private final Width width;
    private final Workers workers;
    private final ManyRows manyRows;
    private final FewRows fewRows;
    private final ManyRowAttention manyRowAttention;
    private final OneRowAttention oneRowAttention;

    /// In the width that the platform prefers.
    public VectorKernels(Workers workers) {
        this(FloatVector.SPECIES_PREFERRED, workers);
    }

    /// In a width of 128, 256 or 512 bits, which the processor must have.
    public VectorKernels(VectorSpecies<Float> species, Workers workers) {
        if (species.length() < 4) {
            throw new IllegalArgumentException("vectors: expected 128 bits or more, found " + species);
        }
        this.width = Width.of(species);
        this.workers = workers;
        this.manyRows = new ManyRows(width, workers);
        this.fewRows = new FewRows(width, workers);
        this.manyRowAttention = new ManyRowAttention(
                new VectorPanelProducts(width), 2 * width.rows().lanes(), workers);
        this.oneRowAttention = new OneRowAttention(new VectorCachedRows(width), width.rows(), workers);
    }

    @Override
    public String name() {
        return "vector-" + width.species().vectorBitSize();
    }

    @Override
    public Workers workers() {
        return workers;
    }

    @Override
    public OptionalDouble peak() {
        return OptionalDouble.of(new FmaPeak(workers).measured());
    }

    @Override
    public void unpack(Matrix w, int row, float[] to) {
        Objects.checkIndex(row, w.rows());
        width.codec(w).unpack(w.bytes(), (long) row * w.cols(), w.cols(), 1, w.cols(), to, 0, w.cols());
    }

    /// Rows that would leave most lanes of a last panel empty are computed one by one.
    @Override
    public void matmul(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        Shapes.matmul(w, x, bias, y);
        int rest = x.rows() % width.tiles().width();
        int panelRows = rest <= FewRows.MOST ? x.rows() - rest : x.rows();
        if (panelRows > 0) {
            manyRows.multiply(w, x.slice(0, panelRows), bias, y.slice(0, panelRows));
        }
        if (panelRows < x.rows()) {
            fewRows.multiply(w, x.slice(panelRows, x.rows()), bias, y.slice(panelRows, x.rows()));
        }
    }

    @Override
    public void attention(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        Shapes.attention(q, kv, y);
        if (kv.rows() == 0) {
            for (int row = 0; row < y.rows(); row++) {
                Arrays.fill(y.data(), y.at(row), y.at(row) + y.cols(), 0);
            }
        } else if (q.rows() > FewRows.MOST) {
            manyRowAttention.attend(q, kv, visible, y);
        } else {
            for (int row = 0; row < q.rows(); row++) {
                KeyValues seen = kv.slice(0, visible.keys(row, kv.rows()));
                oneRowAttention.attend(q.slice(row, row + 1), seen, null, y.slice(row, row + 1));
            }
        }
    }

    @Override
    public void attentionJoint(Tensor q, KeyValues kv, KeyValues extra, Tensor y) {
        Shapes.attentionJoint(q, kv, extra, y);
        oneRowAttention.attend(q, kv, extra, y);
    }

    @Override
    public void attentionWeights(Tensor q, KeyValues kv, Tensor weights) {
        Shapes.attentionWeights(q, kv, weights);
        oneRowAttention.weights(q, kv, weights);
    }

    @Override
    public void rmsNorm(Tensor x, float[] weight, float eps, Tensor y) {
        Shapes.same("rmsNorm: y", x, y);
        Shapes.length("rmsNorm: weight", weight, x.cols());
        forRows(x, row -> width.rows().rmsNorm(x.data(), x.at(row), x.cols(), weight, eps, y.data(), y.at(row)));
    }

    @Override
    public void layerNorm(Tensor x, float[] weight, float[] bias, float eps, Tensor y) {
        Shapes.same("layerNorm: y", x, y);
        Shapes.length("layerNorm: weight", weight, x.cols());
        Shapes.length("layerNorm: bias", bias, x.cols());
        forRows(
                x,
                row -> width.rows().layerNorm(x.data(), x.at(row), x.cols(), weight, bias, eps, y.data(), y.at(row)));
    }

    @Override
    public void ropeInPlace(Tensor x, int headDim, RotaryTable table, int[] positions) {
        Shapes.rope(x, headDim, table, positions);
        Tensor cos = table.cos();
        Tensor sin = table.sin();
        forRows(x, row -> {
            int cosAt = cos.at(positions[row]);
            int sinAt = sin.at(positions[row]);
            for (int head = x.at(row); head < x.at(row) + x.cols(); head += headDim) {
                width.rows().rotate(x.data(), head, cos.cols(), cos.data(), cosAt, sin.data(), sinAt);
            }
        });
    }

    @Override
    public void softmaxInPlace(Tensor x) {
        forRows(x, row -> width.rows().softmax(x.data(), x.at(row), x.cols()));
    }

    @Override
    public void activateInPlace(Activation activation, Tensor x) {
        forRows(x, row -> width.rows().activate(activation, x.data(), x.at(row), x.cols()));
    }

    @Override
    public void siluMulInPlace(Tensor gate, Tensor up) {
        Shapes.same("siluMul: up", gate, up);
        forRows(gate, row -> width.rows().siluMul(gate.data(), gate.at(row), gate.cols(), up.data(), up.at(row)));
    }

    @Override
    public void addInPlace(Tensor x, Tensor y) {
        Shapes.same("add: y", x, y);
        forRows(x, row -> width.rows().add(x.data(), x.at(row), x.cols(), y.data(), y.at(row)));
    }

    private interface Row {
        void run(int row);
    }

    private void forRows(Tensor x, Row task) {
        if ((long) x.rows() * x.cols() < SHARED) {
            for (int row = 0; row < x.rows(); row++) {
                task.run(row);
            }
        } else {
            workers.forEach(x.rows(), (row, _) -> task.run(row));
        }
    }
}
