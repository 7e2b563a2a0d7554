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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// Products with interleaved weights: quantises the rows once, shares out the outputs.
///
/// ```
/// activations  [spans][padded rows][SPAN_BYTES]  once, shared by all workers
/// strip        32 outputs × STRIP_SPANS spans    unpacked by each worker for itself
/// sums         [padded rows][32]                 of one strip, then copied to y
/// ```
///
/// Rows of activations are padded to whole tiles with zeros.
final class BlockProducts {
    /// Up to this many rows the weights are read where they lie, once for each row from the caches.
    static final int FEW = 4;

    /// Rows at a time, so that they stay in the last cache level, and a strip's sums in the second.
    private static final int CHUNK = 128 * TILE_ROWS;

    /// Spans of a strip: 18 KB of weights stay in the first cache level while all rows pass by.
    private static final int STRIP_SPANS = 4;

    /// Weights that a few rows take turns with: they stay in the second cache level.
    private static final int SHARED_BYTES = 256 << 10;

    /// Tasks of a worker, so that none waits long for another at the end.
    private static final int PARTS = 8;

    /// Rows of activations that one task quantises.
    private static final int QUANTISED = 8;

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
        private final int rows; // of the quantised activations
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
            this.rows = x.rows() <= FEW ? x.rows() : Math.ceilDiv(x.rows(), TILE_ROWS) * TILE_ROWS;
            this.stride = (long) rows * SPAN_BYTES;
            this.activations = scratch.shared(spans * stride);
        }

        void few() {
            for (int row = 0; row < rows; row++) {
                quantise(row, 0);
            }
            int groups = Math.ceilDiv(outputs, Interleaved.ROWS);
            int parts = Math.clamp(groups, 1, PARTS * workers.threads());
            workers.forEachInTurn(parts, (part, worker) -> {
                int begin = (int) ((long) groups * part / parts);
                int end = (int) ((long) groups * (part + 1) / parts);
                int step = rows == 1 ? end - begin : Math.clamp(SHARED_BYTES / Math.max(groupBytes, 1), 1, groups);
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
            for (int row = 0; row < rows; row++) {
                MemorySegment from = activations.asSlice((long) row * SPAN_BYTES);
                routines.oneRow(format, from, stride, some, spans, count, sums);
                store(sums, 0, row, first, width);
            }
        }

        void many() {
            workers.forEach(Math.ceilDiv(rows, QUANTISED), (task, worker) -> {
                for (int row = task * QUANTISED; row < Math.min((task + 1) * QUANTISED, rows); row++) {
                    quantise(row, worker);
                }
            });
            int strips = Math.ceilDiv(outputs, TILE_OUTPUTS);
            int tiles = rows / TILE_ROWS;
            int stripParts = Math.clamp(strips, 1, PARTS * workers.threads());
            int tileParts = Math.min(tiles, Math.ceilDiv(workers.threads(), stripParts));
            workers.forEachInTurn(stripParts * tileParts, (part, worker) -> {
                int column = part / tileParts;
                int end = (int) ((long) strips * (column + 1) / stripParts);
                int firstTile = tiles * (part % tileParts) / tileParts;
                int endTile = tiles * (part % tileParts + 1) / tileParts;
                for (int strip = (int) ((long) strips * column / stripParts); strip < end; strip++) {
                    strip(strip, firstTile, endTile, worker);
                }
            });
        }

        private void strip(int strip, int firstTile, int endTile, int worker) {
            long stripBytes = (long) STRIP_SPANS * BLOCKS * STRIP_BLOCK_BYTES;
            long sumBytes = 4L * (endTile - firstTile) * TILE_ROWS * TILE_OUTPUTS;
            MemorySegment memory = scratch.of(worker, stripBytes + sumBytes + 4L * TILE_OUTPUTS);
            MemorySegment unpacked = memory.asSlice(0, stripBytes);
            MemorySegment sums = memory.asSlice(stripBytes, sumBytes).fill((byte) 0);
            int first = strip * TILE_OUTPUTS;
            int width = Math.min(TILE_OUTPUTS, outputs - first);
            for (int span = 0; span < spans; span += STRIP_SPANS) {
                int depth = Math.min(STRIP_SPANS, spans - span);
                for (int half = 0; half < 2; half++) {
                    if (half * Interleaved.ROWS < width) {
                        long at = (2L * strip + half) * groupBytes + (long) span * Interleaved.tileBytes(format);
                        long bytes = (long) depth * Interleaved.tileBytes(format);
                        routines.unpack(format, weights.asSlice(at, bytes), depth, unpacked, half);
                    }
                }
                MemorySegment from = activations.asSlice(span * stride + (long) firstTile * TILE_ROWS * SPAN_BYTES);
                routines.tiles(format, from, stride, unpacked, depth, endTile - firstTile, sums);
            }
            int begin = firstTile * TILE_ROWS;
            int end = Math.min(endTile * TILE_ROWS, x.rows());
            if (width == TILE_OUTPUTS) {
                MemorySegment added = memory.asSlice(stripBytes + sumBytes);
                storeStrip(sums, added, begin, end, first);
                return;
            }
            for (int row = begin; row < end; row++) {
                store(sums, 4L * (row - begin) * TILE_OUTPUTS, row, first, width);
            }
        }

        /// @param added room for the bias of a strip
        private void storeStrip(MemorySegment sums, MemorySegment added, int begin, int end, int first) {
            if (bias == null) {
                added.fill((byte) 0);
            } else {
                MemorySegment.copy(bias, first, added, FLOAT, 0, TILE_OUTPUTS);
            }
            MemorySegment to = MemorySegment.ofArray(y.data()).asSlice(4L * (y.at(begin) + first));
            routines.store(sums, added, end - begin, to, 4L * y.stride());
        }

        private void quantise(int row, int worker) {
            MemorySegment to = activations.asSlice((long) row * SPAN_BYTES, (spans - 1) * stride + SPAN_BYTES);
            MemorySegment floats = scratch.of(worker, 4L * SPAN * spans);
            if (row < x.rows() && x.cols() % SPAN == 0) {
                floats = MemorySegment.ofArray(x.data()).asSlice(4L * x.at(row), 4L * x.cols());
            } else if (row < x.rows()) {
                MemorySegment.copy(x.data(), x.at(row), floats, FLOAT, 0, x.cols());
                floats.asSlice(4L * x.cols(), 4L * (SPAN * spans - x.cols())).fill((byte) 0);
            } else {
                floats.asSlice(0, 4L * SPAN * spans).fill((byte) 0);
            }
            routines.quantise(floats, spans, to, stride);
        }

        /// Copies `width` sums to `y[row, first …]` and adds the bias.
        private void store(MemorySegment sums, long from, int row, int first, int width) {
            int to = y.at(row) + first;
            MemorySegment.copy(sums, FLOAT, from, y.data(), to, width);
            if (bias != null) {
                for (int i = 0; i < width; i++) {
                    y.data()[to + i] += bias[first + i];
                }
            }
        }
    }
}
