package dev.fovea.engine.reduce.flex;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.flex.FlexSettings.Selection;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.DecoderWeights;
import dev.fovea.engine.text.DecoderWeights.HighResolution;
import dev.fovea.engine.text.DecoderWeights.Layer;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Phase;
import dev.fovea.engine.vision.VisualTokens;
import dev.fovea.kernel.CountingKernels;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The hook on a decoder made up for the purpose: 4 layers of width 32, pictures of 6 x 6 tokens at zoom 3.
class FlexHookTest {
    private static final int HIDDEN = 32, HEAD_DIM = 8, HEADS = 4, WIDE = 48, VOCAB = 50, LAYERS = 4;
    private static final int SIDE = 6, ZOOM = 3, BEGIN = 2, ROWS = BEGIN + SIDE * SIDE + 3;
    private static final FlexSettings TOP = new FlexSettings(Selection.TOP, 48, new Budget.Tokens(40), 1, 0);

    private static Workers workers;
    private static CountingKernels kernels;

    @BeforeAll
    static void start() {
        workers = new Workers(1);
        kernels = new CountingKernels(Kernels.named("scalar", workers));
    }

    @AfterAll
    static void stop() {
        workers.close();
    }

    private static float[] random(long seed, int count, double bound) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
        }
        return values;
    }

    private static Matrix matrix(long seed, int rows, int cols) {
        return Matrix.of(random(seed, rows * cols, Math.sqrt(3.0 / cols)), rows, cols);
    }

    /// Key or value weights of two heads, each used for `4 / kvHeads` of four query heads' sake, so that all
    /// decoders compute the same.
    private static Matrix heads(long seed, int kvHeads) {
        float[] two = random(seed, 2 * HEAD_DIM * HIDDEN, Math.sqrt(3.0 / HIDDEN));
        float[] all = new float[kvHeads * HEAD_DIM * HIDDEN];
        for (int head = 0; head < kvHeads; head++) {
            int from = head * 2 / kvHeads * HEAD_DIM * HIDDEN;
            System.arraycopy(two, from, all, head * HEAD_DIM * HIDDEN, HEAD_DIM * HIDDEN);
        }
        return Matrix.of(all, kvHeads * HEAD_DIM, HIDDEN);
    }

    private static Decoder decoder(int kvHeads) {
        float[] ones = new float[HIDDEN];
        Arrays.fill(ones, 1);
        List<Layer> layers = new ArrayList<>();
        List<HighResolution> high = new ArrayList<>();
        for (int l = 0; l < LAYERS; l++) {
            long seed = 100L * (l + 1);
            layers.add(new Layer(
                    ones,
                    matrix(seed, HEADS * HEAD_DIM, HIDDEN),
                    heads(seed + 1, kvHeads),
                    heads(seed + 2, kvHeads),
                    matrix(seed + 3, HIDDEN, HEADS * HEAD_DIM),
                    ones,
                    matrix(seed + 4, WIDE, HIDDEN),
                    matrix(seed + 5, WIDE, HIDDEN),
                    matrix(seed + 6, HIDDEN, WIDE)));
            high.add(new HighResolution(heads(seed + 7, kvHeads), heads(seed + 8, kvHeads)));
        }
        DecoderConfig config = new DecoderConfig(
                LAYERS, HIDDEN, HEADS, kvHeads, HEAD_DIM, WIDE, VOCAB, 1e-5f, 1e4, 512, false, OptionalInt.empty());
        Matrix table = matrix(1, VOCAB, HIDDEN);
        return new Decoder(config, new DecoderWeights(table, layers, ones, table, high), kernels, Format.F32);
    }

    private static ImageSpan span(int begin) {
        int high = SIDE * ZOOM;
        Tensor outside = Tensor.of(random(9 + begin, high * high * HIDDEN, 1), high * high, HIDDEN);
        VisualTokens tokens = new VisualTokens(
                Tensor.zeros(SIDE * SIDE, 4), IntStream.range(0, SIDE * SIDE).toArray());
        return new ImageSpan(begin, begin + SIDE * SIDE, tokens, Grid.outside(ZOOM, ZOOM, SIDE, 60, 60), outside);
    }

    /// Logits of a prompt and of two more tokens.
    private static float[][] pass(Decoder decoder, DecoderHook hook) {
        Workspace workspace = new Workspace();
        float[][] logits = new float[3][];
        try (KvCache cache = new KvCache(decoder.config(), Format.F32)) {
            for (int step = 0; step < 3; step++) {
                int rows = step == 0 ? ROWS : 1;
                int first = step == 0 ? 0 : ROWS + step - 1;
                Tensor x = Tensor.of(random(50 + step, rows * HIDDEN, 1), rows, HIDDEN);
                Phase phase = step == 0 ? Phase.PREFILL : Phase.STEP;
                logits[step] = decoder.forward(x, first, cache, hook, phase, (_, _) -> {}, workspace)
                        .toArray();
            }
        }
        return logits;
    }

    private static float[][] withHook(Decoder decoder, FlexSettings settings, ImageSpan... spans) {
        try (FlexHook hook = new FlexHook(settings, decoder, List.of(spans))) {
            return pass(decoder, hook);
        }
    }

    @Test
    void nothingChosenChangesNothing() {
        Decoder decoder = decoder(4);
        float[][] plain = pass(decoder, DecoderHook.NONE);
        FlexSettings unreachable = new FlexSettings(Selection.THRESHOLD, 255, Budget.all(), 1, 0);
        FlexSettings nothing = new FlexSettings(Selection.TOP, 48, new Budget.Tokens(0), 1, 0);
        assertThat(withHook(decoder, unreachable, span(BEGIN))).isDeepEqualTo(plain);
        assertThat(withHook(decoder, nothing, span(BEGIN))).isDeepEqualTo(plain);
        assertThat(withHook(decoder, TOP, span(BEGIN))[0]).isNotEqualTo(plain[0]);
    }

    @Test
    void groupedHeadsSeeTheSameHighResolutionTokens() {
        float[][] grouped = withHook(decoder(2), TOP, span(BEGIN));
        float[][] repeated = withHook(decoder(4), TOP, span(BEGIN));
        assertThat(grouped).isDeepEqualTo(repeated);
    }

    @Test
    void earlyLayersAreLeftAlone() {
        Decoder decoder = decoder(4);
        FlexSettings last = new FlexSettings(Selection.TOP, 48, new Budget.Tokens(40), LAYERS - 1, 0);
        assertThat(withHook(decoder, last, span(BEGIN))).isDeepEqualTo(pass(decoder, DecoderHook.NONE));
    }

    @Test
    void aCellIsProjectedOnceForEachLayer() {
        Decoder decoder = decoder(4);
        try (FlexHook hook = new FlexHook(TOP, decoder, List.of(span(BEGIN)))) {
            long before = kernels.operations();
            float[][] first = pass(decoder, hook);
            long fresh = kernels.operations() - before;
            int computed = hook.cellsComputed();
            float[][] second = pass(decoder, hook);
            long reused = kernels.operations() - before - fresh;
            assertThat(second).isDeepEqualTo(first);
            assertThat(hook.cellsComputed()).isEqualTo(computed).isPositive();
            long cell = 2 * 2L * 4 * HIDDEN * HIDDEN; // keys and values of 4 tokens
            assertThat(fresh - reused).isEqualTo(computed * cell);
        }
    }

    @Test
    void traceHasOneEntryForEachStepAndChoosingLayer() {
        Decoder decoder = decoder(2);
        try (FlexHook hook = new FlexHook(TOP, decoder, List.of(span(BEGIN)))) {
            pass(decoder, hook);
            assertThat(hook.cells()).hasSize(1);
            assertThat(hook.cells().getFirst()).hasSize(3).allSatisfy(layers -> {
                assertThat(layers.keySet()).containsExactly(1, 2, 3);
                assertThat(layers.values())
                        .allSatisfy(cells -> assertThat(cells).hasSize(10).isSorted());
            });
        }
    }

    @Test
    void everyImageHasAMapOfItsOwn() {
        Decoder decoder = decoder(4);
        int tokens = SIDE * SIDE;
        ImageSpan first = span(0);
        ImageSpan second = new ImageSpan(tokens, 2 * tokens, first.tokens(), first.grid(), first.outside());
        int rows = 2 * tokens + 1;
        try (FlexHook hook = new FlexHook(TOP, decoder, List.of(first, second));
                KvCache cache = new KvCache(decoder.config(), Format.F32)) {
            Tensor x = Tensor.of(random(3, rows * HIDDEN, 1), rows, HIDDEN);
            decoder.forward(x, 0, cache, hook, Phase.PREFILL, (_, _) -> {}, new Workspace());
            assertThat(hook.cells())
                    .hasSize(2)
                    .allSatisfy(steps -> assertThat(steps.getFirst().get(1)).hasSize(10));
            assertThat(hook.cells().get(0).getFirst().get(1))
                    .isNotEqualTo(hook.cells().get(1).getFirst().get(1));
        }
    }
}
