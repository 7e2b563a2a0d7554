package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Bf16Routines.KEY_BYTES;
import static dev.fovea.kernel.emitted.Bf16Routines.LANES;
import static dev.fovea.kernel.emitted.Bf16Routines.TILE_ROWS;
import static dev.fovea.kernel.emitted.Bf16Routines.VALUE_BYTES;
import static dev.fovea.kernel.emitted.Bf16Routines.WIDTH;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.emitted.PanelRoutines.Plan;
import dev.fovea.kernel.vector.PanelProducts;
import dev.fovea.kernel.vector.Panels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// In bf16. Queries, keys, values and the exponentials of scores are rounded; scores, their largest, the sum of the
/// exponentials and the results are binary32.
final class Bf16PanelProducts implements PanelProducts {
    /// Exponentials are powers of two, so scores are multiplied by this, with the queries.
    private static final float LOG2_E = (float) (1 / Math.log(2));

    /// Panels of one call, during which the collector waits.
    private static final int PANELS = 8;

    private final Bf16Routines routines;

    Bf16PanelProducts(Bf16Routines routines) {
        this.routines = routines;
    }

    /// Whether heads divide into whole vectors, and fit.
    static boolean serves(KeyValues kv) {
        return kv.headDim() % LANES == 0 && kv.headDim() <= Bf16Routines.MOST_DIMS;
    }

    @Override
    public int padded(int headDim) {
        return headDim;
    }

    @Override
    public int scratchFloats(int headDim, int panels) {
        return panels * headDim / 2 * WIDTH
                + headDim * WIDTH
                + KEYS * KEY_BYTES / 4
                + KEYS / 2 * (VALUE_BYTES / 4 + WIDTH);
    }

    @Override
    public Blocks blocks(KeyValues kv, int panels, float[] scratch, int at) {
        return new Pairs(kv, panels, scratch, at);
    }

    private final class Pairs implements Blocks {
        private final KeyValues kv;
        private final int headDim;
        private final float[] scratch;
        private final MemorySegment memory; // all of scratch
        private final int floatsAt; // [headDim][WIDTH] floats of a panel
        private final MemorySegment queries; // [panels][headDim / 2][WIDTH] pairs
        private final MemorySegment keys; // [KEYS] rows of KEY_BYTES: pairs along headDim
        private final MemorySegment values; // [KEYS / 2] rows of VALUE_BYTES: pairs of two keys
        private final MemorySegment weights; // [KEYS / 2][WIDTH] pairs of two keys

        Pairs(KeyValues kv, int panels, float[] scratch, int at) {
            this.kv = kv;
            this.headDim = kv.headDim();
            this.scratch = scratch;
            this.memory = MemorySegment.ofArray(scratch);
            this.floatsAt = at;
            this.queries = memory.asSlice(4L * (at + headDim * WIDTH), 2L * panels * headDim * WIDTH);
            long keysAt = 4L * (at + headDim * WIDTH) + queries.byteSize();
            this.keys = memory.asSlice(keysAt, (long) KEYS * KEY_BYTES);
            this.values = memory.asSlice(keysAt + keys.byteSize(), KEYS / 2L * VALUE_BYTES);
            this.weights = memory.asSlice(keysAt + keys.byteSize() + values.byteSize(), 2L * KEYS * WIDTH);
        }

        @Override
        public void queries(Tensor q, int first, int panel, float scale) {
            if (first + WIDTH <= q.rows() && headDim % PanelRoutines.PACKED == 0) {
                MemorySegment from = MemorySegment.ofArray(q.data()).asSlice(4L * q.at(first));
                routines.panels().pack(new Rows(from, 4L * q.stride()), headDim, scale * LOG2_E, panel(panel));
                return;
            }
            Panels.pack(q, first, WIDTH, scale * LOG2_E, scratch, floatsAt);
            MemorySegment floats = floats(floatsAt);
            routines.pairs(Format.F32, floats, 4L * WIDTH, headDim, WIDTH / LANES, panel(panel), 4L * WIDTH);
        }

        private MemorySegment panel(int panel) {
            return queries.asSlice(2L * panel * headDim * WIDTH, 2L * headDim * WIDTH);
        }

        @Override
        public void keys(int head, int key, int count) {
            Format format = kv.format();
            long from = format.bytes((long) key * kv.stride() + (long) head * headDim);
            long stride = format.bytes(kv.stride());
            int vectors = headDim / LANES;
            routines.halves(format, kv.keys().asSlice(from), stride, count, vectors, keys, KEY_BYTES);
            routines.pairs(format, kv.values().asSlice(from), stride, count, vectors, values, VALUE_BYTES);
        }

        @Override
        public void scores(int panel, int count, Places places) {
            int tiles = Math.ceilDiv(count, TILE_ROWS);
            routines.scores(keys, panel(panel), floats(places.scoresAt()), headDim / 2, tiles);
        }

        @Override
        public void addValues(int panel, int count, Places places) {
            int even = count + count % 2;
            int from = places.scoresAt();
            // the other half of a last pair
            Arrays.fill(scratch, from + count * WIDTH, from + even * WIDTH, Float.NEGATIVE_INFINITY);
            MemorySegment shrink = floats(places.shrinkAt());
            MemorySegment largest = floats(places.largestAt() + panel * WIDTH);
            MemorySegment totals = floats(places.totalsAt() + panel * WIDTH);
            MemorySegment sums = floats(places.sumsAt() + panel * headDim * WIDTH);
            routines.exponentials(floats(from), weights, even / 2, largest, totals, shrink);
            routines.add(values, weights, shrink, sums, even / 2, headDim / TILE_ROWS);
        }

        @Override
        public void attend(int first, int end, int count, Places places) {
            Plan plan = new Plan(
                    at(keys),
                    at(values),
                    at(queries),
                    4L * places.scoresAt(),
                    at(weights),
                    4L * places.sumsAt(),
                    4L * places.largestAt(),
                    4L * places.totalsAt(),
                    4L * places.shrinkAt(),
                    headDim);
            for (int panel = first; panel < end; panel += PANELS) {
                routines.panels().attend(memory, plan, panel, Math.min(panel + PANELS, end), count);
            }
        }

        /// Of a piece of the scratch.
        private long at(MemorySegment piece) {
            return piece.address() - memory.address();
        }

        @Override
        public void results(int panel, Places places, Tensor y, int first) {
            int sums = places.sumsAt() + panel * headDim * WIDTH;
            int totals = places.totalsAt() + panel * WIDTH;
            for (int i = totals; i < totals + WIDTH; i++) {
                scratch[i] = 1 / scratch[i];
            }
            int rows = Math.min(WIDTH, y.rows() - first);
            Tensor to = rows == WIDTH
                    ? y.slice(first, first + WIDTH)
                    : new Tensor(scratch, floatsAt, WIDTH, headDim, headDim);
            MemorySegment memory = MemorySegment.ofArray(to.data()).asSlice(4L * to.at(0));
            routines.panels().unpack(floats(sums), floats(totals), headDim, new Rows(memory, 4L * to.stride()));
            for (int row = 0; row < rows && rows < WIDTH; row++) {
                System.arraycopy(scratch, to.at(row), y.data(), y.at(first + row), headDim);
            }
        }

        private MemorySegment floats(int index) {
            return memory.asSlice(4L * index);
        }
    }
}
