package dev.fovea.bench;

import dev.fovea.engine.family.Models;
import dev.fovea.engine.family.Shapes;
import dev.fovea.engine.family.VisionLanguageModel;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.KvCache;
import dev.fovea.engine.text.Phase;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.Workspace;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Tokens per second after a prompt, in turns of a second or so with another engine that waits meanwhile, since the
/// bandwidth of a shared machine changes by the minute; on random weights of a whole model. What either does first in
/// its turn does not count.
///
/// ```
/// bench/run.sh DecodeSpeed [shape=llava-1.5-1b] [format=Q4_0] [compute=int8] [kernels=best] [cache=F16] [threads=2]
///      [rows=636] [tokens=16] [turns=11] [peer="llama_speed FILE.gguf 636 -"]
/// ```
///
/// The peer reads a count of tokens from its input, decodes as many and writes the seconds that it took.
public final class DecodeSpeed {
    private static final Map<String, String> DEFAULTS = Map.of(
            "shape",
            "llava-1.5-1b",
            "format",
            "Q4_0",
            "compute",
            "int8",
            "kernels",
            "best",
            "cache",
            "F16",
            "threads",
            "2",
            "rows",
            "636",
            "tokens",
            "16",
            "turns",
            "11",
            "peer",
            "");

    private static final int UNCOUNTED = 2;

    /// After some 200 steps all of them is compiled; before, a step of many small operations takes a fifth longer.
    private static final double WARM_SECONDS = 8;

    /// Until the peer's threads no longer spin.
    private static final int PAUSE_MILLIS = 500;

    private static final long READ_BYTES = 256L << 20;

    private final Options options;
    private final VisionLanguageModel model;
    private final Workspace workspace = new Workspace();
    private final Random random = new Random(3);

    private DecodeSpeed(Options options, VisionLanguageModel model) {
        this.options = options;
        this.model = model;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Options options = Options.of(DEFAULTS, args);
        try (Workers workers = new Workers(options.number("threads"));
                Arena arena = Arena.ofShared()) {
            Kernels kernels = Machine.kernels(options.text("kernels"), options.text("compute"), workers);
            VisionLanguageModel model = Models.random(
                    Shapes.named(options.text("shape")), Format.valueOf(options.text("format")), 1, arena, kernels);
            DecodeSpeed speed = new DecodeSpeed(options, model);
            String peer = options.text("peer");
            try (Peer other = peer.isEmpty() ? null : new Peer(peer.split(" "))) {
                speed.turns(new Machine(workers), arena.allocate(READ_BYTES, 64), other);
            }
        }
    }

    private void turns(Machine machine, MemorySegment bytes, @Nullable Peer peer)
            throws IOException, InterruptedException {
        DecoderConfig text = model.config().text();
        int rows = options.number("rows");
        int tokens = options.number("tokens");
        int turns = options.number("turns");
        double[] own = new double[turns]; // tokens per second
        double[] peers = new double[turns];
        double[] ratios = new double[turns];
        bytes.fill((byte) 1);
        for (int i = 0; i < 20; i++) { // until it is compiled
            machine.readPeak(bytes);
        }
        try (KvCache cache = new KvCache(text, Format.valueOf(options.text("cache")))) {
            pass(gaussian(rows, text.hidden()), 0, cache, Phase.PREFILL);
            for (double seconds = 0; seconds < WARM_SECONDS; ) {
                seconds += decode(cache, rows, tokens);
            }
            for (int turn = -1; turn < turns; turn++) { // the first one warms the peer
                double read = machine.readPeak(bytes) / 1e9;
                double seconds = decode(cache, rows, tokens);
                double others = peer == null ? Double.NaN : peer.decode(tokens);
                if (peer != null) {
                    Thread.sleep(PAUSE_MILLIS);
                }
                if (turn >= 0) {
                    own[turn] = tokens / seconds;
                    peers[turn] = tokens / others;
                    ratios[turn] = own[turn] / peers[turn];
                    System.out.printf(
                            "%6.2f tokens/s, peer %6.2f, ratio %.2f; reading %.1f GB/s%n",
                            own[turn], peers[turn], ratios[turn], read);
                }
            }
        }
        System.out.printf(
                "medians: %.2f tokens/s, peer %.2f; of ratios %.3f%n", median(own), median(peers), median(ratios));
    }

    /// Seconds of so many steps after the prompt.
    private double decode(KvCache cache, int rows, int tokens) {
        cache.truncate(rows);
        long begin = 0;
        for (int step = 0; step < UNCOUNTED + tokens; step++) {
            if (step == UNCOUNTED) {
                begin = System.nanoTime();
            }
            Tensor row = Tensor.zeros(1, model.config().text().hidden());
            model.decoder().embed(random.nextInt(model.config().text().vocab()), row);
            pass(row, rows + step, cache, Phase.STEP);
        }
        return (System.nanoTime() - begin) / 1e9;
    }

    private Tensor gaussian(int rows, int cols) {
        Tensor x = Tensor.zeros(rows, cols);
        for (int i = 0; i < x.data().length; i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private void pass(Tensor rows, int first, KvCache cache, Phase phase) {
        model.decoder().forward(rows, first, cache, DecoderHook.NONE, phase, (_, _) -> {}, workspace);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /// Another process that decodes when it is told to.
    private static final class Peer implements AutoCloseable {
        private final Process process;

        Peer(String[] command) throws IOException {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        }

        double decode(int tokens) throws IOException {
            process.outputWriter().write(tokens + "\n");
            process.outputWriter().flush();
            while (true) {
                String line = process.inputReader().readLine();
                if (line == null) {
                    throw new IOException("the peer has ended");
                }
                if (line.startsWith("seconds ")) {
                    return Double.parseDouble(line.substring("seconds ".length()));
                }
            }
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
