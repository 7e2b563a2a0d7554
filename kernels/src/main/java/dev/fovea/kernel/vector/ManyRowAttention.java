package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.vector.PanelProducts.Softmax;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Attention of many rows without a matrix of rows by keys: block of keys after block of keys, the softmax
/// corrected as larger scores turn up (Milakov and Gimelshein, "Online normalizer calculation for softmax",
/// 2018).
///
/// A task is one head and up to ROWS query rows. Query rows are lanes throughout, so the softmax needs no sums
/// across lanes:
///
/// ```
/// scores [keys][width]    = keys [keys][headDim]                 × panel of queries [headDim][width]
/// y      [headDim][width] += values [keys][headDim], by columns, × exponentials of the scores [keys][width]
/// ```
public final class ManyRowAttention {
    /// Most query rows of a task: each block of keys and values is unpacked once for all of them.
    private static final int ROWS = 640;

    /// Tasks of a worker at least, so that none waits long for another at the end.
    private static final int TASKS = 4;

    /// Keys of a block: their scores for one panel stay in the first cache level.
    static final int KEYS = PanelProducts.KEYS;

    private final PanelProducts products;
    private final int width;
    private final Rows rows;
    private final Workers workers;

    ManyRowAttention(PanelProducts products, Rows rows, Workers workers) {
        this.products = products;
        this.width = 2 * rows.lanes();
        this.rows = rows;
        this.workers = workers;
    }

    /// Query rows of a panel, with vectors of the width that the platform prefers.
    public static int preferredWidth() {
        return 2 * FloatVector.SPECIES_PREFERRED.length();
    }

    /// With vectors of the width that the platform prefers.
    public ManyRowAttention(PanelProducts products, Workers workers) {
        this(products, new VectorRows(), workers);
    }

    /// `y = softmax(q kᵀ / √headDim) v` over the keys that each row sees.
    ///
    /// @param kv at least one row
    public void attend(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        int heads = q.cols() / kv.headDim();
        // No result depends on which rows are computed together.
        int wanted = Math.ceilDiv(TASKS * workers.threads(), heads);
        int blocks = Math.max(Math.ceilDiv(q.rows(), ROWS), Math.min(wanted, Math.ceilDiv(q.rows(), width)));
        int step = Math.ceilDiv(Math.ceilDiv(q.rows(), blocks), width) * width;
        // Later rows see more keys, and those tasks come last where tasks are sorted by rows.
        workers.forEachInTurn(heads * blocks, (task, worker) -> {
            int first = (blocks - 1 - task / heads) * step;
            if (first < q.rows()) {
                new Task(q, kv, visible, task % heads, first, Math.min(first + step, q.rows()), y, worker).run();
            }
        });
    }

    /// One head, rows `[first, end)`.
    private final class Task {
        private final Tensor q; // [rows, headDim] of this head
        private final Tensor y; // [end - first, headDim] of this head
        private final KeyValues kv;
        private final Visible visible;
        private final int first;
        private final int end;
        private final int kvHead;
        private final int panels;
        private final int paddedDim;
        private final PanelProducts.Blocks blocks;

        private final float[] scratch; // everything below, one after the other
        private final int sumsAt; // [panels][paddedDim][width]
        private final int largestAt; // [panels][width]
        private final int totalsAt; // [panels][width]
        private final int shrinkAt; // [width]
        private final int scoresAt; // [KEYS][width]

        Task(Tensor q, KeyValues kv, Visible visible, int head, int first, int end, Tensor y, int worker) {
            int headDim = kv.headDim();
            this.q = q.columns(head * headDim, (head + 1) * headDim);
            this.y = y.columns(head * headDim, (head + 1) * headDim).slice(first, end);
            this.kv = kv;
            this.visible = visible;
            this.first = first;
            this.end = end;
            this.kvHead = head / (q.cols() / headDim / kv.heads());
            panels = Math.ceilDiv(end - first, width);
            paddedDim = products.padded(headDim);
            sumsAt = 0;
            largestAt = sumsAt + panels * paddedDim * width;
            totalsAt = largestAt + panels * width;
            shrinkAt = totalsAt + panels * width;
            scoresAt = shrinkAt + width;
            int blocksAt = scoresAt + KEYS * width;
            scratch = workers.scratch(worker, blocksAt + products.scratchFloats(headDim, panels));
            blocks = products.blocks(kv, panels, scratch, blocksAt);
        }

        void run() {
            Arrays.fill(scratch, sumsAt, largestAt, 0);
            Arrays.fill(scratch, largestAt, totalsAt, Float.NEGATIVE_INFINITY);
            Arrays.fill(scratch, totalsAt, shrinkAt, 0);
            float scale = (float) (1 / Math.sqrt(kv.headDim()));
            for (int panel = 0; panel < panels; panel++) {
                blocks.queries(q, first + panel * width, panel, scale);
            }
            int seen = visible.keys(end - 1, kv.rows());
            for (int key = 0; key < seen; key += KEYS) {
                int count = Math.min(KEYS, seen - key);
                blocks.keys(kvHead, key, count);
                for (int panel = 0; panel < panels; panel++) {
                    attend(panel, key, count);
                }
            }
            for (int panel = 0; panel < panels; panel++) {
                store(panel);
            }
        }

        /// Keys `key … key + count - 1` for the rows of one panel, as far as they see them.
        private void attend(int panel, int key, int count) {
            int row = first + panel * width;
            int last = Math.min(row + width, end) - 1;
            int seen = Math.min(count, visible.keys(last, kv.rows()) - key);
            if (seen <= 0) {
                return;
            }
            blocks.scores(panel, seen, scoresAt);
            hide(row, last, key, seen);
            Softmax softmax = new Softmax(scoresAt, largestAt + panel * width, shrinkAt, totalsAt + panel * width);
            blocks.addValues(seen, softmax, sumsAt + panel * paddedDim * width);
        }

        /// Takes from each row the keys that only later rows of its panel see.
        private void hide(int row, int last, int key, int seen) {
            for (int lane = 0; row + lane < last; lane++) {
                for (int k = Math.max(visible.keys(row + lane, kv.rows()) - key, 0); k < seen; k++) {
                    scratch[scoresAt + k * width + lane] = Float.NEGATIVE_INFINITY;
                }
            }
        }

        private void store(int panel) {
            int sums = sumsAt + panel * paddedDim * width;
            rows.invert(scratch, totalsAt + panel * width);
            rows.multiply(scratch, sums, paddedDim, scratch, totalsAt + panel * width);
            Panels.unpack(scratch, sums, width, null, 0, y, panel * width);
        }
    }
}
