package dev.fovea.kernel.vector;

import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import org.jspecify.annotations.Nullable;

/// Matrix products with enough rows to fill the lanes of a panel.
///
/// ```
/// x  [rows, in]   packed once into panels [in][width], rows in lanes, shared by all workers
/// w  [out, in]    BLOCK rows and Tiles.DEPTH columns at a time, as floats, each worker its own
/// y  [rows, out]  each worker its own columns, gathered as [panel][BLOCK][width] and turned round at the end
/// ```
///
/// Weights are only unpacked, never transposed: their rows are what [Tiles] broadcasts. The sum of one output
/// runs over `in` in steps of `Tiles.DEPTH`, whatever the number of threads and of rows.
final class ManyRows {
    /// Output columns at a time: with `DEPTH`, 200 KB of weights and as much of results in the second cache
    /// level.
    private static final int BLOCK = 96;

    /// Rows at a time, so that the packed panels stay in the last cache level while all weights pass by.
    private static final int CHUNK = 640;

    /// Below this many outputs per worker the rows are shared out instead.
    private static final int NARROW = 64;

    private final Tiles tiles;
    private final Width width;
    private final Workers workers;

    ManyRows(Width width, Workers workers) {
        this.tiles = width.tiles();
        this.width = width;
        this.workers = workers;
    }

    void multiply(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        int chunks = Math.ceilDiv(x.rows(), CHUNK);
        int step = roundUp(Math.ceilDiv(x.rows(), chunks), tiles.width());
        for (int begin = 0; begin < x.rows(); begin += step) {
            int end = Math.min(begin + step, x.rows());
            multiplyChunk(w, x.slice(begin, end), bias, y.slice(begin, end));
        }
    }

    private void multiplyChunk(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        int width = tiles.width();
        int panels = Math.ceilDiv(x.rows(), width);
        int panelFloats = Math.multiplyExact(x.cols(), width);
        float[] packed = workers.sharedScratch(Math.multiplyExact(panels, panelFloats)); // [panels][in][width]
        workers.forEach(panels, (panel, _) -> Panels.pack(x, panel * width, width, 1, packed, panel * panelFloats));
        Product product = new Product(w, packed, bias, y);
        int columnParts = Math.clamp(w.rows() / NARROW, 1, workers.threads());
        int panelParts = Math.min(panels, Math.ceilDiv(workers.threads(), columnParts));
        // As many blocks for each worker, of equal size.
        int blocks = columnParts * Math.ceilDiv(w.rows(), columnParts * BLOCK);
        int size = roundUp(Math.ceilDiv(w.rows(), Math.max(blocks, 1)), tiles.height());
        int columns = size == 0 ? 0 : Math.ceilDiv(w.rows(), size);
        workers.forEachInTurn(columns * panelParts, (part, worker) -> {
            int out = part / panelParts * size;
            int firstPanel = panels * (part % panelParts) / panelParts;
            int lastPanel = panels * (part % panelParts + 1) / panelParts;
            product.block(out, Math.min(size, w.rows() - out), firstPanel, lastPanel, worker);
        });
    }

    /// One chunk of rows, packed.
    private final class Product {
        private final Matrix w;
        private final RowCodec codec;
        private final float[] packed; // [panels][in][width]
        private final float @Nullable [] bias;
        private final Tensor y; // the rows of the chunk

        Product(Matrix w, float[] packed, float @Nullable [] bias, Tensor y) {
            this.w = w;
            this.codec = width.codec(w);
            this.packed = packed;
            this.bias = bias;
            this.y = y;
        }

        /// Outputs `out … out + count - 1` for panels `[firstPanel, lastPanel)`.
        void block(int out, int count, int firstPanel, int lastPanel, int worker) {
            int width = tiles.width();
            int in = w.cols();
            int padded = roundUp(count, tiles.height());
            int sumsAt = BLOCK * Tiles.STRIDE;
            // [BLOCK][STRIDE] weights, then [panels][padded][width] sums
            float[] scratch = workers.scratch(worker, sumsAt + (lastPanel - firstPanel) * padded * width);
            for (int k = 0; k == 0 || k < in; k += Tiles.DEPTH) {
                int depth = Math.min(Tiles.DEPTH, in - k);
                long index = (long) out * in + k;
                codec.unpack(w.bytes(), index, in, count, depth, scratch, 0, Tiles.STRIDE);
                for (int panel = firstPanel; panel < lastPanel; panel++) {
                    int from = (panel * in + k) * width;
                    int to = sumsAt + (panel - firstPanel) * padded * width;
                    tiles.multiply(scratch, 0, padded, packed, from, depth, scratch, to, k > 0);
                }
            }
            Tensor columns = y.columns(out, out + count);
            for (int panel = firstPanel; panel < lastPanel; panel++) {
                int from = sumsAt + (panel - firstPanel) * padded * width;
                Panels.unpack(scratch, from, width, bias, out, columns, panel * width);
            }
        }
    }

    private static int roundUp(int n, int unit) {
        return Math.ceilDiv(n, unit) * unit;
    }
}
