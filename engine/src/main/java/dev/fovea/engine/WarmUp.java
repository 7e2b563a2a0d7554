package dev.fovea.engine;

import dev.fovea.engine.family.VisionLanguageModel;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Phase;
import dev.fovea.engine.vision.TowerOutput;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workspace;
import java.util.List;
import java.util.Set;

/// One tile of noise through the tower, some of its rows through the decoder and a few steps after them: what a request
/// does, so that loops are compiled, weights are packed and pages are read before the first one.
final class WarmUp {
    /// Rows of the prompt: enough for kernels that many rows get.
    private static final int ROWS = 128;

    private static final int STEPS = 8;

    private WarmUp() {}

    static void run(VisionLanguageModel model, EngineOptions options, Workspace workspace) {
        int size = model.config().vision().imageSize();
        float[] tile = new float[3 * size * size]; // [3, size, size]
        for (int i = 0; i < tile.length; i++) {
            tile[i] = i % 7 / 3f - 1;
        }
        TowerOutput output = model.tower().encode(List.of(tile), Set.of(0), workspace);
        Tensor features = output.features().getFirst();
        Tensor rows = Tensor.zeros(features.rows(), model.projector().hidden());
        model.projector().project(features, workspace, rows);
        int n = Math.min(ROWS, rows.rows());
        try (KvCache cache = new KvCache(model.config().text(), options.cacheFormat())) {
            pass(model, rows.slice(0, n), 0, cache, Phase.PREFILL, workspace);
            for (int step = 0; step < STEPS; step++) {
                Tensor row = rows.slice(step % n, step % n + 1);
                pass(model, row, n + step, cache, Phase.STEP, workspace);
            }
        }
    }

    private static void pass(
            VisionLanguageModel model, Tensor rows, int first, KvCache cache, Phase phase, Workspace workspace) {
        model.decoder().forward(rows, first, cache, DecoderHook.NONE, phase, (_, _) -> {}, workspace);
    }
}
