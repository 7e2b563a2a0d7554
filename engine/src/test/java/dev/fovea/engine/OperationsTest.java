package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.engine.reduce.CellTrace;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.Reductions.Request;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.text.Sampling;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The operations that the engine counts while it runs, against the accounting of the papers written out by hand.
///
/// A multiplication with its addition counts as two. The papers' formulas take attention over all pairs and a
/// feed-forward block of two matrices; the engine runs causal attention and three matrices, and so do the formulas
/// here. The papers also count the last layer's output of rows that nobody reads; the engine does not compute it, and
/// [#unread] is exactly what is missing.
class OperationsTest {
    private static final int PROMPT_TEXT = 4;

    private static Generation answer(
            Engine engine, TokenReduction method, int tokens, List<Map<Integer, int[]>> cells) {
        int[] ids = {1, 300, engine.config().imageToken(), 301, 302};
        Prompt prompt = new Prompt.Tokens(ids, List.of(new ImageInput.Pixels(Pictures.noise(200, 500, 1))));
        Sampling sampling = new Sampling(tokens, 0, 0, 1, 0, 1, 0, List.of(), Set.of(), true, 0);
        try (Session session = engine.open(SessionOptions.of(method))) {
            Generation generation = session.generate(prompt, sampling, TokenSink.NONE);
            if (session.hook() instanceof CellTrace trace) {
                cells.addAll(trace.cells().getFirst());
            }
            return generation;
        }
    }

    private static Generation answer(Engine engine, String method, Map<String, String> settings) {
        Request request = new Request(Optional.empty(), Optional.empty(), settings);
        return answer(engine, Reductions.named(method, request), 1, List.of());
    }

    /// One decoder layer over `n` rows that see nothing before them.
    private static long layer(DecoderConfig text, long n) {
        long hidden = text.hidden();
        long query = text.queryCols();
        long products = hidden * query // queries
                + 2 * hidden * text.keyCols() // keys and values
                + query * hidden // out
                + 3 * hidden * text.intermediate(); // gate, up, down
        long pairs = n * (n + 1) / 2;
        return 2 * n * products + 4 * pairs * query;
    }

    /// What the last of `layer`s over `n` rows need not compute: everything but keys and values, of all rows but one.
    private static long unread(DecoderConfig text, long n) {
        long hidden = text.hidden();
        long query = text.queryCols();
        long products = 2 * hidden * query + 3 * hidden * text.intermediate(); // queries and out; gate, up, down
        return 2 * (n - 1) * products + 4 * (n * (n - 1) / 2) * query;
    }

    private static long head(DecoderConfig text) {
        return 2L * text.hidden() * text.vocab();
    }

    /// FastV's Equation 5: `K` layers over everything, the others over what is left.
    @Test
    void fastVsPromptCostsWhatItsPaperCounts() {
        try (Engine engine = Engines.small("llava-next-mini-old")) {
            DecoderConfig text = engine.config().text();
            int k = 2;
            Generation full = answer(engine, "none", Map.of());
            Generation pruned = answer(engine, "fastv", Map.of("k", "2", "r", "0.75"));
            long n = full.stats().promptRows();
            long visual = n - PROMPT_TEXT;
            long left = PROMPT_TEXT + Math.round(visual * 0.25);
            long reading = 2 * n * text.queryCols(); // the row whose attention ranks, a second time
            long all = counted(full, Stage.PREFILL) - head(text) + unread(text, n);
            long some = counted(pruned, Stage.PREFILL) - head(text) - reading + unread(text, left);
            assertThat(all).isEqualTo(text.layers() * layer(text, n));
            assertThat(some).isEqualTo(k * layer(text, n) + (text.layers() - k) * layer(text, left));
            double share = (k * (double) layer(text, n) + (text.layers() - k) * (double) layer(text, left))
                    / (text.layers() * (double) layer(text, n));
            assertThat((double) some / all).isCloseTo(share, within(1e-12));
            assertThat(counted(pruned, Stage.VISION)).isEqualTo(counted(full, Stage.VISION));
        }
    }

    /// The accounting of FlexAttention: keys and values of `M` high-resolution tokens cost `2 · 2 · D · D · M` in a
    /// layer when they are first shown, and a row that sees them `4 · M · D`.
    @Test
    void flexAttentionCostsItsProjectionsAndTheLongerLastRow() {
        try (Engine engine = Engines.small("llava15-flex-tiny")) {
            DecoderConfig text = engine.config().text();
            List<Map<Integer, int[]>> cells = new ArrayList<>();
            Generation plain = answer(engine, Reductions.named("none", Request.standard()), 4, List.of());
            Generation flex = answer(engine, Reductions.named("flexattention", Request.standard()), 4, cells);
            assertThat(cells).hasSize(4);
            long n = plain.stats().promptRows();
            Set<List<Integer>> known = new HashSet<>(); // layer and cell
            long[] extra = new long[cells.size()];
            for (int step = 0; step < extra.length; step++) {
                for (int l = 8; l < text.layers(); l++) {
                    extra[step] += 2 * (n + step) * text.queryCols(); // the row whose attention chooses, a second time
                    for (int cell : cells.get(step).getOrDefault(l - 1, new int[0])) {
                        long projected = known.add(List.of(l, cell)) ? 64 : 0;
                        extra[step] += 2 * 2L * text.hidden() * text.keyCols() * projected;
                        extra[step] += 4L * 64 * text.queryCols();
                    }
                }
            }
            assertThat(difference(flex, plain, Stage.PREFILL)).isEqualTo(extra[0]);
            assertThat(difference(flex, plain, Stage.DECODE)).isEqualTo(extra[1] + extra[2] + extra[3]);
            assertThat(counted(flex, Stage.VISION))
                    .as("nine tiles and the whole picture against the whole picture")
                    .isEqualTo(10 * counted(plain, Stage.VISION));
        }
    }

    private static long difference(Generation more, Generation less, Stage stage) {
        return counted(more, stage) - counted(less, stage);
    }

    private static long counted(Generation generation, Stage stage) {
        return generation.stats().operations().getOrDefault(stage, 0L);
    }
}
