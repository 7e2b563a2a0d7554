package dev.fovea.bench;

import dev.fovea.engine.family.Models;
import dev.fovea.engine.family.Shapes;
import dev.fovea.engine.family.VisionLanguageModel;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Phase;
import dev.fovea.kernel.CountingKernels;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.Workspace;
import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Where the time of the tower, of a prompt and of a decode step goes: every operation's share, on random weights in
/// the shapes of LLaVA-NeXT-7B or another model, the decoder with fewer layers, which are all alike.
///
/// ```
/// bench/run.sh StageSpeed \
///      [threads=2] [kernels=best] [compute=f32] [format=BF16] [cache=F16] [rows=636] [layers=2] [tiles=1] [taps=true]
///      [shape=llava-next-7b]
/// ```
public final class StageSpeed {
    private static final Map<String, String> DEFAULTS = Map.of(
            "threads",
            "2",
            "kernels",
            "best",
            "compute",
            "f32",
            "format",
            "BF16",
            "cache",
            "F16",
            "rows",
            "636",
            "layers",
            "2",
            "tiles",
            "1",
            "taps",
            "true",
            "shape",
            "llava-next-7b");

    /// A thread that wakes up may get the core of the other for some milliseconds, as long as a measurement takes.
    private static final int PEAKS = 5;

    private final Map<String, Long> nanos = new TreeMap<>(); // by operation
    private final CountingKernels kernels;
    private final Machine machine;
    private final VisionLanguageModel model;
    private final Workspace workspace = new Workspace();
    private final Options options;

    private StageSpeed(Workers workers, Arena arena, Options options) {
        this.options = options;
        this.kernels =
                new CountingKernels(timed(Machine.kernels(options.text("kernels"), options.text("compute"), workers)));
        this.machine = new Machine(workers);
        Format format = Format.valueOf(options.text("format"));
        this.model = Models.random(config(options.text("shape"), options.number("layers")), format, 1, arena, kernels);
    }

    public static void main(String[] args) {
        Options options = Options.of(DEFAULTS, args);
        try (Workers workers = new Workers(options.number("threads"));
                Arena arena = Arena.ofShared()) {
            StageSpeed speed = new StageSpeed(workers, arena, options);
            speed.tower();
            speed.decoder();
        }
    }

    /// A model with fewer layers and a small vocabulary, whose head would weigh too much against them.
    private static VlmConfig config(String shape, int layers) {
        VlmConfig whole = Shapes.named(shape);
        DecoderConfig text = whole.text();
        DecoderConfig few = new DecoderConfig(
                layers,
                text.hidden(),
                text.heads(),
                text.kvHeads(),
                text.headDim(),
                text.intermediate(),
                1000,
                text.normEps(),
                text.ropeTheta(),
                text.maxPositions(),
                text.tiedHead(),
                text.slidingWindow());
        return new VlmConfig(
                whole.family(),
                whole.spelling(),
                whole.vision(),
                few,
                whole.projector(),
                whole.image(),
                whole.imageToken(),
                whole.gridPinpoints(),
                whole.newline(),
                whole.eos(),
                whole.bos(),
                whole.pad(),
                whole.flex());
    }

    /// Kernels that note how long each operation takes, products by their shape.
    private Kernels timed(Kernels technique) {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (_, method, arguments) -> {
                    long begin = System.nanoTime();
                    try {
                        return method.invoke(technique, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        String name = method.getName();
                        nanos.merge(name + shape(arguments), System.nanoTime() - begin, Long::sum);
                    }
                });
    }

    /// Of the weights of products.
    private static String shape(Object @Nullable [] arguments) {
        return switch (arguments == null || arguments.length == 0 ? "" : arguments[0]) {
            case Matrix w -> " " + w.rows() + " x " + w.cols();
            case List<?> products
            when products.getFirst() instanceof Kernels.Product first ->
                " " + products.size() + " times " + first.w().rows() + " x "
                        + first.w().cols();
            default -> "";
        };
    }

    private void tower() {
        int size = model.config().vision().imageSize();
        float[] pixels = new float[3 * size * size];
        Random random = new Random(1);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        List<float[]> tiles = Collections.nCopies(options.number("tiles"), pixels);
        int selecting = model.config().vision().featureLayer() - 1;
        Tensor rows = Tensor.zeros(
                tiles.size() * model.config().vision().patches(),
                model.config().text().hidden());
        boolean tapped = !options.text("taps").equals("false");
        Set<Integer> taps = tapped ? Set.of(0, selecting) : Set.of();
        String what = "tower and projector, " + tiles.size() + " tiles, " + (tapped ? "with HiRED's taps" : "no taps");
        report(what, () -> {
            List<Tensor> features = model.tower().encode(tiles, taps, workspace).features();
            for (int tile = 0; tile < features.size(); tile++) {
                int patches = features.get(tile).rows();
                model.projector()
                        .project(features.get(tile), workspace, rows.slice(tile * patches, (tile + 1) * patches));
            }
        });
    }

    private void decoder() {
        DecoderConfig text = model.config().text();
        int n = options.number("rows");
        Tensor rows = Tensor.zeros(n, text.hidden());
        Random random = new Random(2);
        for (int i = 0; i < rows.data().length; i++) {
            rows.data()[i] = (float) random.nextGaussian();
        }
        try (KvCache cache = new KvCache(text, Format.valueOf(options.text("cache")))) {
            report("prompt of " + n + " rows, " + text.layers() + " layers", () -> {
                cache.truncate(0);
                pass(rows, 0, cache, Phase.PREFILL);
            });
            report("16 steps after " + n + " rows, " + text.layers() + " layers", () -> {
                cache.truncate(n);
                for (int step = 0; step < 16; step++) {
                    int row = step % n;
                    pass(rows.slice(row, row + 1), n + step, cache, Phase.STEP);
                }
            });
        }
    }

    private void pass(Tensor rows, int first, KvCache cache, Phase phase) {
        model.decoder().forward(rows.copy(), first, cache, DecoderHook.NONE, phase, (_, _) -> {}, workspace);
    }

    /// Runs something until it is warm, then three times more, and prints each operation's share of the fastest run.
    private void report(String what, Runnable run) {
        for (int i = 0; i < 2; i++) {
            run.run();
        }
        long best = Long.MAX_VALUE;
        double peak = 0;
        double handover = 0;
        Map<String, Long> shares = Map.of();
        long operations = 0;
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < PEAKS; j++) {
                peak = Math.max(peak, Machine.times(kernels.compute()) * machine.fmaPeak());
            }
            double between = machine.handoverNanos();
            nanos.clear();
            long before = kernels.operations();
            long begin = System.nanoTime();
            run.run();
            long total = System.nanoTime() - begin;
            if (total < best) {
                best = total;
                handover = between;
                shares = new TreeMap<>(nanos);
                operations = kernels.operations() - before;
            }
        }
        System.out.printf(
                "%s: %.0f ms, %.1f GFLOP/s, %.0f %% of the %s peak of %.1f; handover %.0f ns%n",
                what,
                best / 1e6,
                operations / (double) best,
                100.0 * operations / best * 1e9 / peak,
                kernels.compute(),
                peak / 1e9,
                handover);
        long all = best;
        shares.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .forEach(entry -> line(entry.getKey(), entry.getValue(), all));
        line(
                "everything else",
                all - shares.values().stream().mapToLong(Long::longValue).sum(),
                all);
    }

    private static void line(String name, long nanos, long all) {
        System.out.printf("  %-28s %9.2f ms %5.1f %%%n", name, nanos / 1e6, 100.0 * nanos / all);
    }
}
