package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.SPAN;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_OUTPUTS;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.emitted.Routines.Strip;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// Products with interleaved weights: quantises the rows once, shares out the outputs.
///
/// ```
/// activations  [tiles][spans][TILE_ROWS][SPAN_BYTES]  once, shared by all workers
/// strip        [spans][BLOCKS] of 32 outputs          unpacked by each worker for itself
/// y            a tile at a time; tiles that are not whole are computed aside and copied
/// ```
///
/// Rows of activations are padded to whole tiles with zeros.
final class BlockProducts {
    /// Up to this many rows the weights are read where they lie, once for each row from the caches.
    static final int FEW = 4;

    /// Rows at a time, so that they stay in the last cache level.
    private static final int CHUNK = 128 * TILE_ROWS;

    /// Most spans of a strip: 288 KB of weights stay in the second cache level while all rows pass by.
    private static final int STRIP_SPANS = 64;

    /// Weights that a few rows take turns with: they stay in the second cache level.
    private static final int SHARED_BYTES = 256 << 10;

    /// Tasks of a worker where there are few rows, so that none waits long for another at the end.
    private static final int FEW_PARTS = 8;

    /// Strips of a worker that are shared out in parts, the last ones, and their parts.
    private static final int DIVIDED = 2;

    private static final int PARTS = 4;

    /// Tiles of one call, during which the collector waits.
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

    void multiply(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
        if (w.rows() == 0) {
            return;
        }
        for (int begin = 0; begin < x.rows(); begin += CHUNK) {
            int end = Math.min(begin + CHUNK, x.rows());
            Product product = new Product(w, x.slice(begin, end), bias, y.slice(begin, end));
            if (end - begin <= FEW) {
                product.few();
            } else {
                product.many();
            }
        }
    }

    /// One chunk of rows.
    private final class Product {
        private final MemorySegment weights;
        private final Format format;
        private final int outputs;
        private final int spans;
        private final long groupBytes;
        private final Tensor x;
        private final float @Nullable [] bias;
        private final Tensor y;
        private final int tileRows; // rows of the quantised activations whose spans are side by side
        private final int tiles;
        private final long stride; // bytes from span to span
        private final MemorySegment activations;

        Product(Matrix w, Tensor x, float @Nullable [] bias, Tensor y) {
            this.weights = w.bytes();
            this.format = w.format();
            this.outputs = w.rows();
            this.spans = Math.ceilDiv(w.cols(), SPAN);
            this.groupBytes = Interleaved.groupBytes(format, w.cols());
            this.x = x;
            this.bias = bias;
            this.y = y;
            this.tileRows = x.rows() <= FEW ? x.rows() : TILE_ROWS;
            this.tiles = Math.ceilDiv(x.rows(), tileRows);
            this.stride = (long) tileRows * SPAN_BYTES;
            this.activations = scratch.shared(stride * tiles * spans);
        }

        void few() {
            quantise(0, 0);
            int groups = Math.ceilDiv(outputs, Interleaved.ROWS);
            int parts = Math.clamp(groups, 1, FEW_PARTS * workers.threads());
            workers.forEachInTurn(parts, (part, worker) -> {
                int begin = (int) ((long) groups * part / parts);
                int end = (int) ((long) groups * (part + 1) / parts);
                int step = tileRows == 1 ? end - begin : Math.clamp(SHARED_BYTES / Math.max(groupBytes, 1), 1, groups);
                for (int group = begin; group < end; group += step) {
                    groups(group, Math.min(step, end - group), worker);
                }
            });
        }

        private void groups(int group, int count, int worker) {
            MemorySegment some = weights.asSlice(group * groupBytes, count * groupBytes);
            MemorySegment sums = scratch.of(worker, 4L * Interleaved.ROWS * count);
            int first = group * Interleaved.ROWS;
            int width = Math.min(count * Interleaved.ROWS, outputs - first);
            for (int row = 0; row < tileRows; row++) {
                MemorySegment from = activations.asSlice((long) row * SPAN_BYTES);
                routines.oneRow(format, from, stride, some, spans, count, sums);
                store(sums, row, first, width);
            }
        }

        void many() {
            workers.forEach(tiles, this::quantise);
            int strips = Math.ceilDiv(outputs, TILE_OUTPUTS);
            int divided = Math.min(strips, DIVIDED * workers.threads());
            int undivided = strips - divided;
            int parts = Math.min(tiles, PARTS);
            workers.forEachInTurn(undivided + divided * parts, (task, worker) -> {
                int part = Math.max(task - undivided, 0);
                int strip = Math.min(task, undivided) + part / parts;
                int firstTile = task < undivided ? 0 : tiles * (part % parts) / parts;
                int endTile = task < undivided ? tiles : tiles * (part % parts + 1) / parts;
                strip(apart(strip, strips), firstTile, endTile, worker);
            });
        }

        /// Puts strips that are computed at the same time far from each other: neighbours share cache lines of `y`, as
        /// arrays do not begin with one, and two cores that write the same lines take half as long again.
        private int apart(int strip, int strips) {
            int groups = Math.min(workers.threads(), strips);
            int shorter = strips / groups;
            int whole = shorter * groups;
            return strip < whole ? strip % groups * shorter + strip / groups : strip;
        }

        private void strip(int strip, int firstTile, int endTile, int worker) {
            int first = strip * TILE_OUTPUTS;
            int width = Math.min(TILE_OUTPUTS, outputs - first);
            int wholeRows = Math.min(endTile * TILE_ROWS, x.rows()) / TILE_ROWS * TILE_ROWS;
            int asideTile = width == TILE_OUTPUTS ? wholeRows / TILE_ROWS : firstTile;
            int depth = Math.ceilDiv(spans, Math.max(Math.ceilDiv(spans, STRIP_SPANS), 1));
            long stripBytes = (long) depth * BLOCKS * STRIP_BLOCK_BYTES;
            long asideBytes = TILE_ROW_BYTES * TILE_ROWS * (endTile - asideTile);
            MemorySegment memory = scratch.of(worker, stripBytes + TILE_ROW_BYTES + asideBytes);
            MemorySegment unpacked = memory.asSlice(0, stripBytes);
            MemorySegment added = memory.asSlice(stripBytes, TILE_ROW_BYTES).fill((byte) 0);
            MemorySegment aside = memory.asSlice(stripBytes + TILE_ROW_BYTES, asideBytes);
            for (int span = 0; span < spans; span += depth) {
                int count = Math.min(depth, spans - span);
                unpack(strip, width, span, count, unpacked);
                if (span + count == spans && bias != null) {
                    MemorySegment.copy(bias, first, added, FLOAT, 0, width);
                }
                Strip part = new Strip(format, unpacked, count, span == 0);
                if (firstTile < asideTile) {
                    long to = 4L * (y.at(firstTile * TILE_ROWS) + first);
                    Rows whole = new Rows(MemorySegment.ofArray(y.data()).asSlice(to), 4L * y.stride());
                    tiles(part, span, firstTile, asideTile, added, whole);
                }
                tiles(part, span, asideTile, endTile, added, new Rows(aside, TILE_ROW_BYTES));
            }
            for (int row = asideTile * TILE_ROWS; row < Math.min(endTile * TILE_ROWS, x.rows()); row++) {
                long from = TILE_ROW_BYTES * (row - asideTile * TILE_ROWS);
                MemorySegment.copy(aside, FLOAT, from, y.data(), y.at(row) + first, width);
            }
        }

        /// @param to from the first tile on
        private void tiles(Strip part, int span, int firstTile, int endTile, MemorySegment added, Rows to) {
            Rows a = new Rows(activations.asSlice(span * stride), spans * stride);
            for (int tile = firstTile; tile < endTile; tile += TILES) {
                int count = Math.min(TILES, endTile - tile);
                routines.tiles(part, a.from(tile), count, added, to.from((tile - firstTile) * TILE_ROWS));
            }
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

        /// Rows of one tile; zeros where it has rows that there are not.
        private void quantise(int tile, int worker) {
            int first = tile * tileRows;
            int count = Math.min(tileRows, x.rows() - first);
            MemorySegment to = activations.asSlice(stride * tile * spans, spans * stride);
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
