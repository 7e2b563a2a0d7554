package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.SPAN;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_OUTPUTS;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.emitted.Routines.Strip;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Products with interleaved weights: quantises the rows once, shares out the outputs.
///
/// ```
/// activations  [tiles][spans][TILE_ROWS][SPAN_BYTES]  once, shared by all workers
/// strip        [spans][BLOCKS] of 32 outputs          unpacked by each worker for itself, a group of them
/// y            a tile at a time; tiles that are not whole are computed aside and copied
/// ```
///
/// A group stays in the second cache level while all rows pass by, some tiles of them at a time: so each row comes once
/// for a group, not for a strip, from where only the last cache level or memory has it.
///
/// Rows of activations are padded to whole tiles with zeros.
final class BlockProducts {
    /// Up to this many rows the weights are read where they lie, once for each row from the caches.
    static final int FEW = 4;

    /// Rows at a time, so that they stay in the last cache level.
    private static final int CHUNK = 128 * TILE_ROWS;

    /// Most spans that pass by at once: 288 KB of a strip.
    private static final int STRIP_SPANS = 64;

    /// Weights that a few rows take turns with: they stay in the second cache level.
    private static final int SHARED_BYTES = 256 << 10;

    /// Tasks of a worker where there are few rows, so that none waits long for another at the end.
    private static final int FEW_PARTS = 8;

    /// Groups of strips of a worker at least. The last ones, DIVIDED of a worker, are shared out in PARTS.
    private static final int GROUPS = 8;

    private static final int DIVIDED = 2;
    private static final int PARTS = 4;

    /// Fewest tiles of a thread's own rows: unpacking costs as much as three rows of a product.
    private static final int SHARE_TILES = 12;

    /// Most bytes of a group, so that the second cache level holds it beside TILE_BYTES of activations.
    private static final int GROUP_BYTES = 160 << 10;

    private static final int TILE_BYTES = 128 << 10;

    /// Most tiles of one call, during which the collector waits.
    private static final int TILES = 16;

    private static final long TILE_ROW_BYTES = 4L * TILE_OUTPUTS;

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Routines routines;
    private final Workers workers;
    private final Scratch scratch;

    BlockProducts(Routines routines, Workers workers, Arena arena) {
        this.routines = routines;
        this.workers = workers;
        this.scratch = new Scratch(workers, arena);
    }

    private static long stripBytes(int spans) {
        return (long) spans * BLOCKS * STRIP_BLOCK_BYTES;
    }

    /// Products of interleaved weights with the same rows.
    void multiply(List<Kernels.Product> products, Tensor x) {
        for (int begin = 0; begin < x.rows(); begin += CHUNK) {
            int end = Math.min(begin + CHUNK, x.rows());
            Activations activations = new Activations(x.slice(begin, end));
            List<Product> chunks = new ArrayList<>();
            for (Kernels.Product product : products) {
                if (product.w().rows() > 0) {
                    Tensor y = product.y().slice(begin, end);
                    chunks.add(new Product(product.w(), activations, product.bias(), y));
                }
            }
            workers.forEach(activations.tiles, activations::quantise);
            if (end - begin <= FEW) {
                few(chunks);
            } else {
                chunks.forEach(Product::many);
            }
        }
    }

    /// Shares out all products at once: each thread reads neighbouring parts.
    private void few(List<Product> products) {
        int tasks = 0;
        for (Product product : products) {
            tasks += product.fewParts();
        }
        workers.forEach(tasks, (task, worker) -> {
            int part = task;
            int product = 0;
            while (part >= products.get(product).fewParts()) {
                part -= products.get(product++).fewParts();
            }
            products.get(product).few(part, worker);
        });
    }

    /// Quantised rows of a chunk.
    private final class Activations {
        private final Tensor x; // [rows, in]
        private final int spans;
        private final int tileRows; // rows whose spans are side by side
        private final int tiles;
        private final long stride; // bytes from span to span
        private final MemorySegment bytes; // [tiles][spans][tileRows][SPAN_BYTES]

        Activations(Tensor x) {
            this.x = x;
            this.spans = Math.ceilDiv(x.cols(), SPAN);
            this.tileRows = x.rows() <= FEW ? x.rows() : TILE_ROWS;
            this.tiles = Math.ceilDiv(x.rows(), tileRows);
            this.stride = (long) tileRows * SPAN_BYTES;
            this.bytes = scratch.shared(stride * tiles * spans);
        }

        /// Rows of one tile; zeros where it has rows that there are not.
        void quantise(int tile, int worker) {
            int first = tile * tileRows;
            int count = Math.min(tileRows, x.rows() - first);
            MemorySegment to = bytes.asSlice(stride * tile * spans, spans * stride);
            if (count < tileRows) {
                to.fill((byte) 0);
            }
            if (x.cols() % SPAN == 0) {
                MemorySegment from = MemorySegment.ofArray(x.data()).asSlice(4L * x.at(first));
                routines.quantise(new Rows(from, 4L * x.stride()), count, spans, to, stride);
                return;
            }
            long rowBytes = 4L * SPAN * spans;
            MemorySegment floats = scratch.of(worker, rowBytes * count)
                    .asSlice(0, rowBytes * count)
                    .fill((byte) 0);
            for (int row = 0; row < count; row++) {
                MemorySegment.copy(x.data(), x.at(first + row), floats, FLOAT, row * rowBytes, x.cols());
            }
            routines.quantise(new Rows(floats, rowBytes), count, spans, to, stride);
        }
    }

    /// One product with a chunk of rows.
    private final class Product {
        private final MemorySegment weights;
        private final Format format;
        private final int outputs;
        private final long groupBytes;
        private final Activations a;
        private final int rows;
        private final int spans;
        private final float @Nullable [] bias; // [outputs]
        private final Tensor y; // [rows, outputs]

        Product(Matrix w, Activations a, float @Nullable [] bias, Tensor y) {
            this.weights = w.bytes();
            this.format = w.format();
            this.outputs = w.rows();
            this.groupBytes = Interleaved.groupBytes(format, w.cols());
            this.a = a;
            this.rows = a.x.rows();
            this.spans = a.spans;
            this.bias = bias;
            this.y = y;
        }

        /// Parts of a product with few rows.
        int fewParts() {
            return Math.clamp(Math.ceilDiv(outputs, Interleaved.ROWS), 1, FEW_PARTS * workers.threads());
        }

        void few(int part, int worker) {
            int groups = Math.ceilDiv(outputs, Interleaved.ROWS);
            int begin = (int) ((long) groups * part / fewParts());
            int end = (int) ((long) groups * (part + 1) / fewParts());
            int step = rows == 1 ? end - begin : Math.clamp(SHARED_BYTES / Math.max(groupBytes, 1), 1, groups);
            for (int group = begin; group < end; group += step) {
                groups(group, Math.min(step, end - group), worker);
            }
        }

        private void groups(int group, int count, int worker) {
            MemorySegment some = weights.asSlice(group * groupBytes, count * groupBytes);
            MemorySegment sums = scratch.of(worker, 4L * Interleaved.ROWS * count);
            int first = group * Interleaved.ROWS;
            int width = Math.min(count * Interleaved.ROWS, outputs - first);
            for (int row = 0; row < rows; row++) {
                MemorySegment from = a.bytes.asSlice((long) row * SPAN_BYTES);
                routines.oneRow(format, from, a.stride, some, spans, count, sums);
                store(sums, row, first, width);
            }
        }

        /// Each thread has rows of its own where there are enough, as in what comes before and after a
        /// product: cores that share no cache take long to write what another one holds. Weights are
        /// unpacked for each of them.
        void many() {
            int strips = Math.ceilDiv(outputs, TILE_OUTPUTS);
            int depth = Math.ceilDiv(spans, Math.ceilDiv(spans, STRIP_SPANS));
            int shares = Math.clamp(a.tiles / SHARE_TILES, 1, workers.threads());
            int sharing = Math.ceilDiv(workers.threads(), shares); // threads with the same rows
            int most = Math.max(strips / (GROUPS * sharing), 1);
            int size = Math.clamp(GROUP_BYTES / stripBytes(depth), 1, most);
            int groups = Math.ceilDiv(strips, size);
            int divided = Math.min(groups, DIVIDED * sharing);
            int undivided = groups - divided;
            int parts = Math.min(a.tiles / shares, PARTS);
            int tasks = undivided + divided * parts; // of a share
            Workers.Task task = (number, worker) -> {
                int share = number / tasks;
                int part = Math.max(number % tasks - undivided, 0);
                boolean whole = number % tasks < undivided;
                int place = Math.min(number % tasks, undivided) + part / parts;
                int begin = a.tiles * share / shares;
                int count = a.tiles * (share + 1) / shares - begin;
                int firstTile = whole ? begin : begin + count * (part % parts) / parts;
                int endTile = whole ? begin + count : begin + count * (part % parts + 1) / parts;
                int first = size * (shares == 1 ? apart(place, groups) : place);
                new Group(first, Math.min(first + size, strips), depth, firstTile, endTile, worker).run();
            };
            if (shares == 1) {
                workers.forEachInTurn(tasks, task);
            } else {
                workers.forEach(shares * tasks, task);
            }
        }

        /// Puts groups that are computed at the same time far from each other: neighbours share cache lines of `y`, as
        /// arrays do not begin with one, and two cores that write the same lines take half as long again.
        private int apart(int group, int groups) {
            int runs = Math.min(workers.threads(), groups);
            int shorter = groups / runs;
            int whole = shorter * runs;
            return group < whole ? group % runs * shorter + group / runs : group;
        }

        /// Some strips side by side, for some tiles of rows.
        private final class Group {
            private final int firstStrip;
            private final int endStrip;
            private final int depth; // spans that pass by at once
            private final int firstTile;
            private final int endTile;
            private final int wholeTiles; // the end of those whose rows there are
            private final MemorySegment unpacked; // a strip for each
            private final MemorySegment added; // [TILE_OUTPUTS] for each
            private final MemorySegment aside; // of each strip, whole ones first, tiles from `asideTile` on

            Group(int firstStrip, int endStrip, int depth, int firstTile, int endTile, int worker) {
                this.firstStrip = firstStrip;
                this.endStrip = endStrip;
                this.depth = depth;
                this.firstTile = firstTile;
                this.endTile = endTile;
                this.wholeTiles = Math.min(endTile, rows / TILE_ROWS);
                int strips = endStrip - firstStrip;
                long addedAt = strips * stripBytes(depth);
                long asideAt = addedAt + strips * TILE_ROW_BYTES;
                MemorySegment memory = scratch.of(worker, asideAt + asideAt(endStrip));
                this.unpacked = memory.asSlice(0, addedAt);
                this.added = memory.asSlice(addedAt, strips * TILE_ROW_BYTES).fill((byte) 0);
                this.aside = memory.asSlice(asideAt, asideAt(endStrip));
            }

            void run() {
                for (int span = 0; span < spans; span += depth) {
                    int count = Math.min(depth, spans - span);
                    for (int strip = firstStrip; strip < endStrip; strip++) {
                        unpack(strip, width(strip), span, count, unpacked(strip));
                        if (span + count == spans && bias != null) {
                            int first = strip * TILE_OUTPUTS;
                            MemorySegment.copy(bias, first, added(strip), FLOAT, 0, width(strip));
                        }
                    }
                    // Some tiles at a time, which the second cache level holds while all strips pass by.
                    int some = Math.clamp(TILE_BYTES / (count * a.stride), 1, TILES);
                    for (int tile = firstTile; tile < endTile; tile += some) {
                        for (int strip = firstStrip; strip < endStrip; strip++) {
                            multiply(strip, span, count, tile, Math.min(tile + some, endTile));
                        }
                    }
                }
                for (int strip = firstStrip; strip < endStrip; strip++) {
                    copyAside(strip);
                }
            }

            private void multiply(int strip, int span, int count, int tile, int end) {
                Strip part = new Strip(format, unpacked(strip), count, span == 0);
                Rows from = new Rows(a.bytes.asSlice(span * a.stride), spans * a.stride);
                int asideTile = Math.clamp(asideTile(strip), tile, end);
                if (tile < asideTile) {
                    long at = 4L * (y.at(tile * TILE_ROWS) + strip * TILE_OUTPUTS);
                    Rows to = new Rows(MemorySegment.ofArray(y.data()).asSlice(at), 4L * y.stride());
                    routines.tiles(part, from.from(tile), asideTile - tile, added(strip), to);
                }
                if (asideTile < end) {
                    long at = asideAt(strip) + TILE_ROW_BYTES * TILE_ROWS * (asideTile - asideTile(strip));
                    Rows to = new Rows(aside.asSlice(at), TILE_ROW_BYTES);
                    routines.tiles(part, from.from(asideTile), end - asideTile, added(strip), to);
                }
            }

            private void copyAside(int strip) {
                int first = asideTile(strip) * TILE_ROWS;
                for (int row = first; row < Math.min(endTile * TILE_ROWS, rows); row++) {
                    long from = asideAt(strip) + TILE_ROW_BYTES * (row - first);
                    MemorySegment.copy(aside, FLOAT, from, y.data(), y.at(row) + strip * TILE_OUTPUTS, width(strip));
                }
            }

            private MemorySegment unpacked(int strip) {
                return unpacked.asSlice((strip - firstStrip) * stripBytes(depth), stripBytes(depth));
            }

            private MemorySegment added(int strip) {
                return added.asSlice((strip - firstStrip) * TILE_ROW_BYTES, TILE_ROW_BYTES);
            }

            /// The first tile that does not fit in `y`.
            private int asideTile(int strip) {
                return width(strip) == TILE_OUTPUTS ? Math.max(wholeTiles, firstTile) : firstTile;
            }

            /// Where that tile begins; of the strip after the last, where all end.
            private long asideAt(int strip) {
                long bytes = 0;
                for (int before = firstStrip; before < strip; before++) {
                    bytes += TILE_ROW_BYTES * TILE_ROWS * (endTile - asideTile(before));
                }
                return bytes;
            }
        }

        private int width(int strip) {
            return Math.min(TILE_OUTPUTS, outputs - strip * TILE_OUTPUTS);
        }

        private void unpack(int strip, int width, int span, int count, MemorySegment to) {
            for (int half = 0; half < 2; half++) {
                if (half * Interleaved.ROWS < width) {
                    long at = (2L * strip + half) * groupBytes + (long) span * Interleaved.tileBytes(format);
                    long bytes = (long) count * Interleaved.tileBytes(format);
                    routines.unpack(format, weights.asSlice(at, bytes), count, to, half);
                }
            }
        }

        /// Copies `width` sums to `y[row, first …]` and adds the bias.
        private void store(MemorySegment sums, int row, int first, int width) {
            int to = y.at(row) + first;
            MemorySegment.copy(sums, FLOAT, 0, y.data(), to, width);
            if (bias != null) {
                for (int i = 0; i < width; i++) {
                    y.data()[to + i] += bias[first + i];
                }
            }
        }
    }
}
