package dev.fovea.engine.text;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Keys (rotated) and values of every layer. Each layer has its own row count and positions, because a method may drop
/// rows between layers; the next position counts prompt positions, not rows.
///
/// Native memory, owned by the session that closes it. Not thread-safe.
public final class KvCache implements AutoCloseable {
    /// Room beyond what is needed when a layer grows: at least so many rows, or this share of what it will hold. Moving
    /// a large layer takes some milliseconds, holding half as much again would take memory that is not there.
    private static final int MIN_ROOM = 64;

    private static final int ROOM_SHARE = 16;

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int heads;
    private final int headDim;
    private final Format format;
    private final Layer[] layers;
    private short[][] narrow = new short[0][]; // [threads][heads * headDim]

    /// The rows of one layer.
    private static final class Layer {
        Arena arena = Arena.ofShared();
        MemorySegment keys = MemorySegment.NULL; // [capacity, heads * headDim]
        MemorySegment values = MemorySegment.NULL; // [capacity, heads * headDim]
        int[] positions = new int[0]; // [capacity]
        int rows;
    }

    /// @param format F32 or F16
    public KvCache(DecoderConfig config, Format format) {
        if (format != Format.F32 && format != Format.F16) {
            throw new IllegalArgumentException("KV cache format: expected F32 or F16, found " + format);
        }
        this.heads = config.kvHeads();
        this.headDim = config.headDim();
        this.format = format;
        this.layers = new Layer[config.layers()];
        Arrays.setAll(layers, _ -> new Layer());
    }

    /// Rows that layer `layer` holds.
    public int rows(int layer) {
        return layers[layer].rows;
    }

    /// Positions of the rows of one layer, ascending; a copy.
    public int[] positions(int layer) {
        return Arrays.copyOf(layers[layer].positions, layers[layer].rows);
    }

    /// Makes room for `needed` rows in a layer and some more, so that appending does not copy.
    public void reserve(int layer, int needed) {
        Layer to = layers[layer];
        if (needed <= to.positions.length) {
            return;
        }
        int rows = needed + Math.max(MIN_ROOM, needed / ROOM_SHARE);
        Arena arena = Arena.ofShared();
        long bytes = format.bytes((long) rows * heads * headDim);
        long used = format.bytes((long) to.rows * heads * headDim);
        MemorySegment keys = arena.allocate(bytes, 64);
        MemorySegment values = arena.allocate(bytes, 64);
        MemorySegment.copy(to.keys, 0, keys, 0, used);
        MemorySegment.copy(to.values, 0, values, 0, used);
        to.arena.close();
        to.arena = arena;
        to.keys = keys;
        to.values = values;
        to.positions = Arrays.copyOf(to.positions, rows);
    }

    /// Appends rows to a layer.
    ///
    /// @param k         `[n, heads * headDim]`, rotated
    /// @param v         `[n, heads * headDim]`
    /// @param positions `[n]`, ascending and past those held
    /// @param workers   share the rows
    public void append(int layer, Tensor k, Tensor v, int[] positions, Workers workers) {
        Layer to = layers[layer];
        int n = k.rows();
        reserve(layer, to.rows + n);
        if (narrow.length < workers.threads()) {
            narrow = new short[workers.threads()][heads * headDim];
        }
        workers.forEach(n, (row, worker) -> {
            write(k, row, to.keys, to.rows + row, narrow[worker]);
            write(v, row, to.values, to.rows + row, narrow[worker]);
        });
        System.arraycopy(positions, 0, to.positions, to.rows, n);
        to.rows += n;
    }

    /// @param halves scratch, `[heads * headDim]`
    private void write(Tensor from, int row, MemorySegment to, int toRow, short[] halves) {
        int width = heads * headDim;
        int at = from.at(row);
        long base = format.bytes((long) toRow * width);
        if (format == Format.F32) {
            MemorySegment.copy(from.data(), at, to, FLOAT, base, width);
        } else {
            narrow(from.data(), at, halves);
            MemorySegment.copy(halves, 0, to, SHORT, base, width);
        }
    }

    /// From array to array, which the JIT compiler turns into vector instructions; to a segment it does not.
    private static void narrow(float[] from, int at, short[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] = Float.floatToFloat16(from[at + i]);
        }
    }

    /// The rows of one layer, for attention; valid until the layer grows.
    public KeyValues view(int layer) {
        Layer from = layers[layer];
        return new KeyValues(from.keys, from.values, format, from.rows, heads, headDim, heads * headDim);
    }

    /// Forgets everything from `position` on.
    public void truncate(int position) {
        for (Layer layer : layers) {
            int at = Arrays.binarySearch(layer.positions, 0, layer.rows, position);
            layer.rows = at < 0 ? -at - 1 : at;
        }
    }

    /// Bytes of the rows held.
    public long bytes() {
        long rows = 0;
        for (Layer layer : layers) {
            rows += layer.rows;
        }
        return 2 * format.bytes(rows * heads * headDim);
    }

    @Override
    public void close() {
        for (Layer layer : layers) {
            if (layer.arena.scope().isAlive()) {
                layer.arena.close();
            }
        }
    }
}
