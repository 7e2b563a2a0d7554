package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workers;
import java.util.Arrays;

/// Attention of many rows without a matrix of rows by keys: block of keys after block of keys, the softmax
/// corrected as larger scores turn up (Milakov and Gimelshein, "Online normalizer calculation for softmax",
/// 2018).
///
/// A task is one head and up to ROWS query rows. Query rows are lanes throughout, so the softmax needs no sums
/// across lanes:
///
/// ```
/// scores [keys][width] = keys [keys][headDim]   × panel of queries [headDim][width]
/// y      [headDim][width] += values [keys][headDim], by columns, × scores [keys][width]
/// ```
final class ManyRowAttention {
    /// Query rows of a task: each block of keys and values is unpacked once for all of them.
    private static final int ROWS = 256;

    /// Keys of a block: their scores for one panel stay in the first cache level.
    private static final int KEYS = 128;

    /// Dimensions of a value that are read together.
    private static final int DIMS = Tiles.COLUMNS - 16;

    private final Tiles tiles;
    private final Tiles columns;
    private final Width width;
    private final Rows rows;
    private final Workers workers;

    ManyRowAttention(Width width, Workers workers) {
        this.tiles = width.tiles();
        this.columns = width.columns();
        this.width = width;
        this.rows = width.rows();
        this.workers = workers;
    }

    /// @param kv at least one row
    void attend(Tensor q, KeyValues kv, Visible visible, Tensor y) {
        int heads = q.cols() / kv.headDim();
        int blocks = Math.ceilDiv(q.rows(), ROWS);
        int step = Math.ceilDiv(Math.ceilDiv(q.rows(), blocks), tiles.width()) * tiles.width();
        workers.forEach(heads * blocks, (task, worker) -> {
            int first = task % blocks * step;
            if (first < q.rows()) {
                new Task(q, kv, visible, task / blocks, first, Math.min(first + step, q.rows()), y, worker).run();
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
        private final long head; // where this head begins in a row of keys
        private final int panels;
        private final int paddedDim;

        private final float[] scratch; // everything below, one after the other
        private final int queriesAt; // [panels][headDim][width]
        private final int sumsAt; // [panels][paddedDim][width]
        private final int largestAt; // [panels][width]
        private final int totalsAt; // [panels][width]
        private final int shrinkAt; // [width]
        private final int scoresAt; // [KEYS][width]
        private final int keysAt; // [⌈headDim / DEPTH⌉][KEYS][STRIDE]
        private final int valuesAt; // [⌈headDim / DIMS⌉][KEYS][COLUMNS]

        Task(Tensor q, KeyValues kv, Visible visible, int head, int first, int end, Tensor y, int worker) {
            int headDim = kv.headDim();
            int width = tiles.width();
            this.q = q.columns(head * headDim, (head + 1) * headDim);
            this.y = y.columns(head * headDim, (head + 1) * headDim).slice(first, end);
            this.kv = kv;
            this.visible = visible;
            this.first = first;
            this.end = end;
            this.head = (long) headDim * (head / (q.cols() / headDim / kv.heads()));
            panels = Math.ceilDiv(end - first, width);
            paddedDim = Math.ceilDiv(headDim, tiles.height()) * tiles.height();
            queriesAt = 0;
            sumsAt = queriesAt + panels * headDim * width;
            largestAt = sumsAt + panels * paddedDim * width;
            totalsAt = largestAt + panels * width;
            shrinkAt = totalsAt + panels * width;
            scoresAt = shrinkAt + width;
            keysAt = scoresAt + KEYS * width;
            valuesAt = keysAt + Math.ceilDiv(headDim, Tiles.DEPTH) * KEYS * Tiles.STRIDE;
            int values = Math.ceilDiv(headDim, DIMS) * KEYS * Tiles.COLUMNS;
            scratch = workers.scratch(worker, valuesAt + values);
        }

        void run() {
            int width = tiles.width();
            float scale = (float) (1 / Math.sqrt(kv.headDim()));
            Arrays.fill(scratch, sumsAt, largestAt, 0);
            Arrays.fill(scratch, largestAt, totalsAt, Float.NEGATIVE_INFINITY);
            Arrays.fill(scratch, totalsAt, shrinkAt, 0);
            for (int panel = 0; panel < panels; panel++) {
                Panels.pack(q, first + panel * width, width, scale, scratch, queriesAt + panel * kv.headDim() * width);
            }
            int seen = visible.keys(end - 1, kv.rows());
            for (int key = 0; key < seen; key += KEYS) {
                int count = Math.min(KEYS, seen - key);
                unpack(key, count);
                for (int panel = 0; panel < panels; panel++) {
                    attend(panel, key, count);
                }
            }
            for (int panel = 0; panel < panels; panel++) {
                store(panel);
            }
        }

        private void unpack(int key, int count) {
            RowCodec codec = width.codec(kv.format(), kv.keys());
            int headDim = kv.headDim();
            long index = (long) key * kv.stride() + head;
            for (int d = 0; d < headDim; d += Tiles.DEPTH) {
                int depth = Math.min(Tiles.DEPTH, headDim - d);
                int to = keysAt + d / Tiles.DEPTH * KEYS * Tiles.STRIDE;
                codec.unpack(kv.keys(), index + d, kv.stride(), count, depth, scratch, to, Tiles.STRIDE);
            }
            RowCodec values = width.codec(kv.format(), kv.values());
            for (int d = 0; d < headDim; d += DIMS) {
                int dims = Math.min(DIMS, headDim - d);
                int to = valuesAt + d / DIMS * KEYS * Tiles.COLUMNS;
                values.unpack(kv.values(), index + d, kv.stride(), count, dims, scratch, to, Tiles.COLUMNS);
            }
        }

        /// Keys `key … key + count - 1` for the rows of one panel, as far as they see them.
        private void attend(int panel, int key, int count) {
            int width = tiles.width();
            int row = first + panel * width;
            int last = Math.min(row + width, end) - 1;
            int seen = Math.min(count, visible.keys(last, kv.rows()) - key);
            if (seen <= 0) {
                return;
            }
            int padded = Math.ceilDiv(seen, tiles.height()) * tiles.height();
            for (int d = 0; d < kv.headDim(); d += Tiles.DEPTH) {
                int depth = Math.min(Tiles.DEPTH, kv.headDim() - d);
                int from = keysAt + d / Tiles.DEPTH * KEYS * Tiles.STRIDE;
                int queries = queriesAt + (panel * kv.headDim() + d) * width;
                tiles.multiply(scratch, from, padded, scratch, queries, depth, scratch, scoresAt, d > 0);
            }
            hide(row, last, key, seen);
            int largest = largestAt + panel * width;
            int sums = sumsAt + panel * paddedDim * width;
            rows.largest(scratch, scoresAt, seen, scratch, largest, scratch, shrinkAt);
            rows.exponentials(
                    scratch, scoresAt, seen, scratch, largest, scratch, shrinkAt, scratch, totalsAt + panel * width);
            rows.multiply(scratch, sums, paddedDim, scratch, shrinkAt);
            for (int d = 0; d < paddedDim; d += DIMS) {
                int dims = Math.min(DIMS, paddedDim - d);
                int from = valuesAt + d / DIMS * KEYS * Tiles.COLUMNS;
                columns.multiply(scratch, from, dims, scratch, scoresAt, seen, scratch, sums + d * width, true);
            }
        }

        /// Takes from each row the keys that only later rows of its panel see.
        private void hide(int row, int last, int key, int seen) {
            int width = tiles.width();
            for (int lane = 0; row + lane < last; lane++) {
                for (int k = Math.max(visible.keys(row + lane, kv.rows()) - key, 0); k < seen; k++) {
                    scratch[scoresAt + k * width + lane] = Float.NEGATIVE_INFINITY;
                }
            }
        }

        private void store(int panel) {
            int width = tiles.width();
            int sums = sumsAt + panel * paddedDim * width;
            rows.invert(scratch, totalsAt + panel * width);
            rows.multiply(scratch, sums, paddedDim, scratch, totalsAt + panel * width);
            Panels.unpack(scratch, sums, width, null, 0, y, panel * width);
        }
    }
}
