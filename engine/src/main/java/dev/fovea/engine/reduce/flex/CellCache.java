package dev.fovea.engine.reduce.flex;

import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderWeights.HighResolution;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Keys and values of one picture's high-resolution tokens, computed cell by cell when a layer first shows them.
///
/// Unlike the reference, which projects the chosen tokens anew for every layer and token: they depend on nothing
/// that changes, so an answer soon needs no projection at all. Native memory, freed with the arena.
final class CellCache {
    /// Slots of the workspace; the hook's own come after them.
    private static final int FEATURES = 0, KEYS = 1, VALUES = 2;

    /// Slots that this class uses.
    static final int SLOTS = 3;

    private final Decoder decoder;
    private final Cells cells;
    private final Tensor features; // [highSide², hidden], projected
    private final RotaryTable rotary; // [highSide²]
    private final Arena arena;
    private final Map<Integer, MemorySegment[]> layers = new HashMap<>(); // by layer, [COUNT] of [2, tokens, kvCols]
    private int computed;

    CellCache(Decoder decoder, Cells cells, Tensor features, int begin, Arena arena) {
        int tokens = cells.highSide() * cells.highSide();
        if (features.rows() != tokens) {
            throw new IllegalArgumentException(
                    "high-resolution tokens: expected " + tokens + ", found " + features.rows());
        }
        this.decoder = decoder;
        this.cells = cells;
        this.features = features;
        this.rotary = RotaryZoom.enlarge(
                decoder.rotary(begin + cells.side() * cells.side()), begin, cells.side(), cells.zoom());
        this.arena = arena;
    }

    /// Cells computed so far, each layer counted on its own.
    int computed() {
        return computed;
    }

    /// How many tokens some cells hold.
    int count(int[] chosen) {
        int count = 0;
        for (int cell : chosen) {
            count += cells.tokens(cell).length;
        }
        return count;
    }

    /// Copies the rotated keys and the values of some cells into rows `row` and on.
    ///
    /// @param k `[n, kvHeads * headDim]`
    /// @param v `[n, kvHeads * headDim]`
    void gather(int layer, int[] chosen, Workspace workspace, Tensor k, Tensor v, int row) {
        MemorySegment[] held = layers.computeIfAbsent(layer, _ -> noCells());
        int[] missing =
                Arrays.stream(chosen).filter(cell -> held[cell].byteSize() == 0).toArray();
        if (missing.length > 0) {
            compute(layer, missing, held, workspace);
        }
        int to = row;
        for (int cell : chosen) {
            int floats = (int) (held[cell].byteSize() / 8); // of the keys alone
            MemorySegment.copy(held[cell], ValueLayout.JAVA_FLOAT, 0, k.data(), k.at(to), floats);
            MemorySegment.copy(held[cell], ValueLayout.JAVA_FLOAT, 4L * floats, v.data(), v.at(to), floats);
            to += floats / k.cols();
        }
    }

    private static MemorySegment[] noCells() {
        MemorySegment[] none = new MemorySegment[Cells.COUNT];
        Arrays.fill(none, MemorySegment.NULL);
        return none;
    }

    /// Projects all tokens of the missing cells at once.
    private void compute(int layer, int[] missing, MemorySegment[] held, Workspace workspace) {
        HighResolution projections = decoder.highResolution(layer);
        int n = count(missing);
        int kvCols = decoder.config().keyCols();
        Tensor x = workspace.tensor(FEATURES, n, features.cols());
        int[] tokens = new int[n];
        int row = 0;
        for (int cell : missing) {
            for (int token : cells.tokens(cell)) {
                features.copyRow(token, x.data(), x.at(row));
                tokens[row++] = token;
            }
        }
        Tensor k = workspace.tensor(KEYS, n, kvCols);
        Tensor v = workspace.tensor(VALUES, n, kvCols);
        decoder.kernels().matmul(projections.key(), x, null, k);
        decoder.kernels().matmul(projections.value(), x, null, v);
        decoder.kernels().ropeInPlace(k, decoder.config().headDim(), rotary, tokens);
        row = 0;
        for (int cell : missing) {
            int floats = cells.tokens(cell).length * kvCols;
            MemorySegment both = arena.allocate(8L * floats, 64);
            MemorySegment.copy(k.data(), k.at(row), both, ValueLayout.JAVA_FLOAT, 0, floats);
            MemorySegment.copy(v.data(), v.at(row), both, ValueLayout.JAVA_FLOAT, 4L * floats, floats);
            held[cell] = both;
            row += floats / kvCols;
        }
        computed += missing.length;
    }
}
