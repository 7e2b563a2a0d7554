package dev.fovea.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.text.DecoderWeights.Layer;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A pass of the decoder on weights made up for the purpose.
class DecoderTest {
    private static final int HIDDEN = 24, HEADS = 6, KV_HEADS = 2, HEAD_DIM = 8, WIDE = 40, VOCAB = 30, LAYERS = 3;

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

    private static Layer layer(long seed) {
        float[] ones = new float[HIDDEN];
        Arrays.fill(ones, 1);
        return new Layer(
                ones,
                matrix(seed, HEADS * HEAD_DIM, HIDDEN),
                matrix(seed + 1, KV_HEADS * HEAD_DIM, HIDDEN),
                matrix(seed + 2, KV_HEADS * HEAD_DIM, HIDDEN),
                matrix(seed + 3, HIDDEN, HEADS * HEAD_DIM),
                ones,
                matrix(seed + 4, WIDE, HIDDEN),
                matrix(seed + 5, WIDE, HIDDEN),
                matrix(seed + 6, HIDDEN, WIDE));
    }

    /// A layer that adds zeros to its rows.
    private static Layer idle() {
        Layer some = layer(9);
        return new Layer(
                some.inputNorm(),
                some.q(),
                some.k(),
                some.v(),
                Matrix.of(new float[HIDDEN * HEADS * HEAD_DIM], HIDDEN, HEADS * HEAD_DIM),
                some.attentionNorm(),
                some.gate(),
                some.up(),
                Matrix.of(new float[HIDDEN * WIDE], HIDDEN, WIDE));
    }

    private static Decoder decoder(Kernels kernels, boolean idleLast) {
        List<Layer> layers = new ArrayList<>();
        for (int l = 0; l < LAYERS; l++) {
            layers.add(layer(100L * (l + 1)));
        }
        if (idleLast) {
            layers.add(idle());
        }
        DecoderConfig config = new DecoderConfig(
                layers.size(),
                HIDDEN,
                HEADS,
                KV_HEADS,
                HEAD_DIM,
                WIDE,
                VOCAB,
                1e-5f,
                1e4,
                512,
                false,
                OptionalInt.empty());
        float[] ones = new float[HIDDEN];
        Arrays.fill(ones, 1);
        Matrix table = matrix(1, VOCAB, HIDDEN);
        return new Decoder(config, new DecoderWeights(table, layers, ones, table, List.of()), kernels, Format.F32);
    }

    private static Tensor rows(long seed, int count) {
        return Tensor.of(random(seed, count * HIDDEN, 1), count, HIDDEN);
    }

    /// Drops every second row before the last layer that computes something.
    private static final DecoderHook DROPPING = new DecoderHook() {
        @Override
        public LayerPlan beforeLayer(int layer, int[] positions, Phase phase) {
            if (layer != LAYERS - 1 || phase == Phase.STEP) {
                return LayerPlan.ALL;
            }
            int[] keep = new int[(positions.length + 1) / 2];
            Arrays.setAll(keep, i -> 2 * i);
            return new LayerPlan(keep, null, null);
        }
    };

    /// A further layer that changes nothing makes the last real one compute every row.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 37})
    void theLastLayersUnreadRowsAreNotMissedBitForBit(int count) {
        try (Workers workers = new Workers(2)) {
            Kernels scalar = Kernels.named("scalar", workers);
            for (DecoderHook hook : List.of(DecoderHook.NONE, DROPPING)) {
                assertThat(logits(decoder(scalar, false), hook, count))
                        .isDeepEqualTo(logits(decoder(scalar, true), hook, count));
            }
        }
    }

    /// Logits of a prompt, of a follow-up and of one more token.
    private static float[][] logits(Decoder decoder, DecoderHook hook, int count) {
        float[][] logits = new float[3][];
        try (KvCache cache = new KvCache(decoder.config(), Format.F32)) {
            int first = 0;
            for (int pass = 0; pass < 3; pass++) {
                Tensor rows = rows(pass + 50, pass == 2 ? 1 : count);
                Phase phase = pass == 2 ? Phase.STEP : Phase.PREFILL;
                logits[pass] = decoder.forward(rows, first, cache, hook, phase, (_, _) -> {}, new Workspace())
                        .toArray();
                first += rows.rows();
            }
        }
        return logits;
    }

    @Test
    void theLastLayerCostsKeysAndValuesOfAllRowsAndTheRestOfOne() {
        try (Workers workers = new Workers(1)) {
            CountingKernels kernels = new CountingKernels(Kernels.named("scalar", workers));
            long n = 37;
            logits(decoder(kernels, false), DecoderHook.NONE, 1);
            long before = kernels.operations();
            try (KvCache cache = new KvCache(decoder(kernels, false).config(), Format.F32)) {
                decoder(kernels, false)
                        .forward(
                                rows(3, (int) n),
                                0,
                                cache,
                                DecoderHook.NONE,
                                Phase.PREFILL,
                                (_, _) -> {},
                                new Workspace());
            }
            long query = HEADS * HEAD_DIM;
            long remembered = 2L * HIDDEN * KV_HEADS * HEAD_DIM;
            long others = 2L * HIDDEN * query + 3L * HIDDEN * WIDE;
            long whole = 2 * n * (remembered + others) + 4 * (n * (n + 1) / 2) * query;
            long last = 2 * n * remembered + 2 * others + 4 * n * query;
            assertThat(kernels.operations() - before).isEqualTo((LAYERS - 1) * whole + last + 2L * HIDDEN * VOCAB);
        }
    }

    /// What is in the cache is what every layer made of every row, each number rounded as `Float.floatToFloat16`.
    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"F32", "F16"})
    void theCacheHoldsEveryRowOfEveryLayerForAnyNumberOfThreads(Format format) {
        float[] one = cached(format, 1);
        assertThat(cached(format, 2)).containsExactly(one);
        assertThat(cached(format, 5)).containsExactly(one);
        if (format == Format.F16) {
            float[] exact = cached(Format.F32, 1);
            for (int i = 0; i < HEAD_DIM * KV_HEADS * 37; i++) { // the first layer has seen no rounded keys
                assertThat(one[i]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(exact[i])));
            }
        }
    }

    /// Keys, then values, of the first layer, then of the others.
    private static float[] cached(Format format, int threads) {
        try (Workers workers = new Workers(threads)) {
            Decoder decoder = decoder(Kernels.named("scalar", workers), false);
            try (KvCache cache = new KvCache(decoder.config(), format)) {
                decoder.forward(rows(4, 37), 0, cache, DecoderHook.NONE, Phase.PREFILL, (_, _) -> {}, new Workspace());
                int layer = 37 * KV_HEADS * HEAD_DIM;
                float[] all = new float[2 * LAYERS * layer];
                for (int l = 0; l < LAYERS; l++) {
                    assertThat(cache.rows(l)).isEqualTo(37);
                    format.unpack(cache.view(l).keys(), 0, layer, all, 2 * l * layer);
                    format.unpack(cache.view(l).values(), 0, layer, all, (2 * l + 1) * layer);
                }
                return all;
            }
        }
    }
}
