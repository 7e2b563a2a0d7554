package dev.fovea.kernel.vector;

import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/// In binary32 with vectors.
final class VectorPanelProducts implements PanelProducts {
    /// Dimensions of a value that are read together.
    private static final int DIMS = Tiles.COLUMNS - 16;

    private final Tiles tiles;
    private final Tiles columns;
    private final Width width;
    private final Rows rows;

    VectorPanelProducts(Width width) {
        this.tiles = width.tiles();
        this.columns = width.columns();
        this.width = width;
        this.rows = width.rows();
    }

    @Override
    public int padded(int headDim) {
        return Math.ceilDiv(headDim, tiles.height()) * tiles.height();
    }

    @Override
    public int scratchFloats(int headDim, int panels) {
        int keys = Math.ceilDiv(headDim, Tiles.DEPTH) * KEYS * Tiles.STRIDE;
        return panels * headDim * tiles.width() + keys + Math.ceilDiv(headDim, DIMS) * KEYS * Tiles.COLUMNS;
    }

    @Override
    public Blocks blocks(KeyValues kv, int panels, float[] scratch, int at) {
        return new Floats(kv, panels, scratch, at);
    }

    private final class Floats implements Blocks {
        private final KeyValues kv;
        private final int headDim;
        private final float[] scratch;
        private final int queriesAt; // [panels][headDim][width]
        private final int keysAt; // [⌈headDim / DEPTH⌉][KEYS][STRIDE]
        private final int valuesAt; // [⌈headDim / DIMS⌉][KEYS][COLUMNS]

        Floats(KeyValues kv, int panels, float[] scratch, int at) {
            this.kv = kv;
            this.headDim = kv.headDim();
            this.scratch = scratch;
            this.queriesAt = at;
            this.keysAt = queriesAt + panels * headDim * tiles.width();
            this.valuesAt = keysAt + Math.ceilDiv(headDim, Tiles.DEPTH) * KEYS * Tiles.STRIDE;
        }

        @Override
        public void queries(Tensor q, int first, int panel, float scale) {
            Panels.pack(q, first, tiles.width(), scale, scratch, queriesAt + panel * headDim * tiles.width());
        }

        @Override
        public void keys(int head, int key, int count) {
            long index = (long) key * kv.stride() + (long) head * headDim;
            for (int d = 0; d < headDim; d += Tiles.DEPTH) {
                int to = keysAt + d / Tiles.DEPTH * KEYS * Tiles.STRIDE;
                unpack(kv.keys(), index + d, count, Math.min(Tiles.DEPTH, headDim - d), to, Tiles.STRIDE);
            }
            for (int d = 0; d < headDim; d += DIMS) {
                int to = valuesAt + d / DIMS * KEYS * Tiles.COLUMNS;
                unpack(kv.values(), index + d, count, Math.min(DIMS, headDim - d), to, Tiles.COLUMNS);
            }
        }

        private void unpack(MemorySegment from, long index, int count, int dims, int to, int toStride) {
            RowCodec codec = width.codec(kv.format(), from);
            codec.unpack(from, index, kv.stride(), count, dims, scratch, to, toStride);
        }

        @Override
        public void scores(int panel, int keys, Places places) {
            int padded = Math.ceilDiv(keys, tiles.height()) * tiles.height();
            for (int d = 0; d < headDim; d += Tiles.DEPTH) {
                int depth = Math.min(Tiles.DEPTH, headDim - d);
                int from = keysAt + d / Tiles.DEPTH * KEYS * Tiles.STRIDE;
                int queries = queriesAt + (panel * headDim + d) * tiles.width();
                tiles.multiply(scratch, from, padded, scratch, queries, depth, scratch, places.scoresAt(), d > 0);
            }
        }

        @Override
        public void addValues(int panel, int keys, Places places) {
            int paddedDim = padded(headDim);
            float[] s = scratch;
            int scores = places.scoresAt();
            int shrink = places.shrinkAt();
            int largest = places.largestAt() + panel * tiles.width();
            int totals = places.totalsAt() + panel * tiles.width();
            int sumsAt = places.sumsAt() + panel * paddedDim * tiles.width();
            rows.largest(s, scores, keys, s, largest, s, shrink);
            rows.exponentials(s, scores, keys, s, largest, s, shrink, s, totals);
            rows.multiply(s, sumsAt, paddedDim, s, shrink);
            for (int d = 0; d < paddedDim; d += DIMS) {
                int dims = Math.min(DIMS, paddedDim - d);
                int from = valuesAt + d / DIMS * KEYS * Tiles.COLUMNS;
                int sums = sumsAt + d * tiles.width();
                columns.multiply(scratch, from, dims, scratch, scores, keys, scratch, sums, true);
            }
        }

        @Override
        public void results(int panel, Places places, Tensor y, int first) {
            int paddedDim = padded(headDim);
            int sums = places.sumsAt() + panel * paddedDim * tiles.width();
            int totals = places.totalsAt() + panel * tiles.width();
            rows.invert(scratch, totals);
            rows.multiply(scratch, sums, paddedDim, scratch, totals);
            Panels.unpack(scratch, sums, tiles.width(), null, 0, y, first);
        }
    }
}
