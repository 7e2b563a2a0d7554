package dev.fovea.engine.text;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Keys (rotated) and values of every layer. Each layer has its own row count and positions, because a method may drop
/// rows between layers; the next position counts prompt positions, not rows.
///
/// Native memory, owned by the session that closes it. Not thread-safe.
public final class KvCache implements AutoCloseable {
    private static final int MIN_ROWS = 64;

    private final int heads;
    private final int headDim;
    private final Format format;
    private final Layer[] layers;

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

    /// Makes room for `rows` rows in a layer, so that appending does not copy.
    public void reserve(int layer, int rows) {
        Layer to = layers[layer];
        if (rows <= to.positions.length) {
            return;
        }
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
    public void append(int layer, Tensor k, Tensor v, int[] positions) {
        Layer to = layers[layer];
        int n = k.rows();
        if (to.rows + n > to.positions.length) {
            reserve(layer, Math.max(MIN_ROWS, Math.max(to.rows + n, to.rows + to.rows / 2)));
        }
        for (int r = 0; r < n; r++) {
            write(k, r, to.keys, to.rows + r);
            write(v, r, to.values, to.rows + r);
        }
        System.arraycopy(positions, 0, to.positions, to.rows, n);
        to.rows += n;
    }

    private void write(Tensor from, int row, MemorySegment to, int toRow) {
        int width = heads * headDim;
        int at = from.at(row);
        long base = format.bytes((long) toRow * width);
        if (format == Format.F32) {
            MemorySegment.copy(from.data(), at, to, ValueLayout.JAVA_FLOAT_UNALIGNED, base, width);
        } else {
            for (int i = 0; i < width; i++) {
                to.set(ValueLayout.JAVA_SHORT_UNALIGNED, base + 2L * i, Float.floatToFloat16(from.data()[at + i]));
            }
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
