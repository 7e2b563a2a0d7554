package dev.fovea.engine.reduce.flex;

import dev.fovea.engine.reduce.CellTrace;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.text.AttentionRow;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.LayerPlan;
import dev.fovea.engine.text.Phase;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workspace;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// FlexAttention's work in the decoder: each layer's attention to the low-resolution tokens chooses the
/// high-resolution cells that the next layer shows to the last row.
final class FlexHook implements DecoderHook, CellTrace {
    private static final int KEYS = CellCache.SLOTS, VALUES = CellCache.SLOTS + 1;

    private final FlexSettings settings;
    private final Decoder decoder;
    private final Arena arena = Arena.ofShared();
    private final Workspace workspace = new Workspace();
    private final List<Picture> pictures = new ArrayList<>();
    private int steps;

    /// One image of the prompt.
    private static final class Picture {
        final ImageSpan span;
        final CellSelection selection;
        final CellCache cache;
        final List<Map<Integer, int[]>> steps = new ArrayList<>();
        int[] chosen = new int[0]; // by the layer before

        Picture(ImageSpan span, CellSelection selection, CellCache cache) {
            this.span = span;
            this.selection = selection;
            this.cache = cache;
        }
    }

    FlexHook(FlexSettings settings, Decoder decoder, List<ImageSpan> images) {
        this.settings = settings;
        this.decoder = decoder;
        for (ImageSpan span : images) {
            CellSelection selection = new CellSelection(settings, span.grid());
            CellCache cache = new CellCache(decoder, selection.cells(), span.outside(), span.begin(), arena);
            pictures.add(new Picture(span, selection, cache));
        }
    }

    @Override
    public boolean readsAttention(int layer, Phase phase) {
        return layer >= settings.firstLayer();
    }

    /// Unlike the reference, which knows one image, every image's cells are chosen from its own map.
    @Override
    public void onAttention(int layer, AttentionRow row) {
        for (int i = 0; i < pictures.size(); i++) {
            Picture picture = pictures.get(i);
            long draw = ((long) steps * decoder.config().layers() + layer) * pictures.size() + i;
            picture.chosen = picture.selection.select(headSum(row, picture.span), draw);
            picture.steps.getLast().put(layer, picture.chosen);
        }
    }

    /// Attention to an image's tokens, summed over heads; the authors call it an average.
    ///
    /// @return `[tokens]`
    private static float[] headSum(AttentionRow row, ImageSpan span) {
        int first = Arrays.binarySearch(row.positions(), span.begin());
        Tensor weights = row.weights();
        float[] sum = new float[span.end() - span.begin()];
        for (int head = 0; head < weights.rows(); head++) {
            int at = weights.at(head) + first;
            for (int i = 0; i < sum.length; i++) {
                sum[i] += weights.data()[at + i];
            }
        }
        return sum;
    }

    @Override
    public LayerPlan beforeLayer(int layer, int[] positions, Phase phase) {
        if (layer == 0) {
            steps++;
            for (Picture picture : pictures) {
                picture.chosen = new int[0];
                picture.steps.add(new TreeMap<>());
            }
        }
        int count = 0;
        for (Picture picture : pictures) {
            count += picture.cache.count(picture.chosen);
        }
        if (count == 0) {
            return LayerPlan.ALL;
        }
        int width = decoder.config().keyCols();
        Tensor k = workspace.tensor(KEYS, count, width);
        Tensor v = workspace.tensor(VALUES, count, width);
        int row = 0;
        for (Picture picture : pictures) {
            picture.cache.gather(layer, picture.chosen, workspace, k, v, row);
            row += picture.cache.count(picture.chosen);
        }
        return new LayerPlan(null, KeyValues.of(k, v, decoder.config().headDim()), null);
    }

    @Override
    public List<List<Map<Integer, int[]>>> cells() {
        return pictures.stream()
                .map(picture -> Collections.unmodifiableList(picture.steps))
                .toList();
    }

    @Override
    public int cellsPerSide() {
        return Cells.SIDE;
    }

    @Override
    public int cellsComputed() {
        return pictures.stream().mapToInt(picture -> picture.cache.computed()).sum();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
