package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workers;
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
    private final Workers workers;

    /// @param width query rows of a panel
    ManyRowAttention(PanelProducts products, int width, Workers workers) {
        this.products = products;
        this.width = width;
        this.workers = workers;
    }

    /// Query rows of a panel, with vectors of the width that the platform prefers.
    public static int preferredWidth() {
        return 2 * FloatVector.SPECIES_PREFERRED.length();
    }

    /// With vectors of the width that the platform prefers.
    public ManyRowAttention(PanelProducts products, Workers workers) {
        this(products, preferredWidth(), workers);
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
        private final PanelProducts.Blocks blocks;

        private final float[] scratch; // all that `places` and `blocks` speak of, one after the other
        private final PanelProducts.Places places;

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
            int largestAt = panels * products.padded(headDim) * width;
            int totalsAt = largestAt + panels * width;
            int shrinkAt = totalsAt + panels * width;
            int scoresAt = shrinkAt + width;
            int blocksAt = scoresAt + (KEYS + 1) * width;
            places = new PanelProducts.Places(scoresAt, shrinkAt, largestAt, totalsAt, 0);
            scratch = workers.scratch(worker, blocksAt + products.scratchFloats(headDim, panels));
            blocks = products.blocks(kv, panels, scratch, blocksAt);
        }

        void run() {
            Arrays.fill(scratch, places.sumsAt(), places.largestAt(), 0);
            Arrays.fill(scratch, places.largestAt(), places.totalsAt(), Float.NEGATIVE_INFINITY);
            Arrays.fill(scratch, places.totalsAt(), places.shrinkAt(), 0);
            float scale = (float) (1 / Math.sqrt(kv.headDim()));
            for (int panel = 0; panel < panels; panel++) {
                blocks.queries(q, first + panel * width, panel, scale);
            }
            int seen = visible.keys(end - 1, kv.rows());
            for (int key = 0; key < seen; key += KEYS) {
                int count = Math.min(KEYS, seen - key);
                blocks.keys(kvHead, key, count);
                int panel = 0;
                for (; panel < panels && visible.keys(first + panel * width, kv.rows()) < key + count; panel++) {
                    attend(panel, key, count);
                }
                if (panel < panels) {
                    blocks.attend(panel, panels, count, places);
                }
            }
            for (int panel = 0; panel < panels; panel++) {
                blocks.results(panel, places, y, panel * width);
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
            blocks.scores(panel, seen, places);
            hide(row, last, key, seen);
            blocks.addValues(panel, seen, places);
        }

        /// Takes from each row the keys that only later rows of its panel see.
        private void hide(int row, int last, int key, int seen) {
            for (int lane = 0; row + lane < last; lane++) {
                for (int k = Math.max(visible.keys(row + lane, kv.rows()) - key, 0); k < seen; k++) {
                    scratch[places.scoresAt() + k * width + lane] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }
}
