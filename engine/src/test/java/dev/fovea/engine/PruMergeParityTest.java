package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.PruMerge;
import dev.fovea.engine.reduce.Reduced;
import dev.fovea.engine.reduce.Reductions;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Sampling;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.VisualTokens;
import dev.fovea.kernel.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// PruMerge and PruMerge+ against the authors' functions, run tile by tile as in HiRED's comparison
/// (`goldens/prumerge`): class attention, chosen patches in result order, merged features, logits, greedy answers.
class PruMergeParityTest {
    @Test
    void bothVariantsEqualTheAuthorsCode() {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/prumerge"), "prumerge");
        try (Engine engine = Engines.load(fixtures.resolve("checkpoints/llava-next-tiny"), "best")) {
            goldens.json().get("cases").forEachEntry((name, expected) -> {
                Path file =
                        fixtures.resolve("images").resolve(expected.get("image").asString());
                TokenReduction reduction = Reductions.named(
                        name.endsWith("_plus") ? "prumerge+" : "prumerge", Reductions.Request.of(Budget.all()));
                ImageInput image = new ImageInput.File(file);
                // Tokens in another order are another prompt, so its answer is another one.
                if (checkTokens(engine, goldens, name, image, reduction, expected)) {
                    checkAnswer(engine, goldens, name, image, reduction, expected);
                } else {
                    assertThat(name).as("the picture with a recorded near-tie").startsWith("image2/");
                }
            });
        }
    }

    /// Returns whether the order is the recorded one throughout.
    private static boolean checkTokens(
            Engine engine,
            Goldens goldens,
            String name,
            ImageInput input,
            TokenReduction reduction,
            JsonNode expected) {
        EncodedImage image =
                engine.encoder().look(engine.encoder().decode(input), reduction, new StatsRecorder(engine.kernels()));
        Reduced reduced = reduction.reduce(image);
        // One head of the full width: logits are sums of `hidden` products, below ten in this model.
        double attention = 10 * Math.ulp(1f) * image.config().hidden();
        int[] kept = Goldens.ints(expected.get("kept_per_tile"));
        assertThat(reduced.budgets()).as(name).containsExactly(kept);
        int row = 0;
        boolean same = true;
        for (int tile = 0; tile < image.tiles(); tile++) {
            String prefix = name + "/tile" + tile + "/";
            if (goldens.tensors().containsKey(prefix + "cls_attention")) {
                float[] recorded = goldens.floats(prefix + "cls_attention");
                Goldens.assertClose(prefix, recorded, PruMerge.attention(image, tile), attention);
            }
            int first = tile * image.patches();
            int[] places = Arrays.copyOfRange(reduced.prompt().origins(), row, row + kept[tile] + 1);
            int[] idx = goldens.ints(prefix + "idx");
            float[] ranked =
                    goldens.floats((name + "/tile" + tile + "/cls_attention").replace("prumerge_plus", "prumerge"));
            same &= checkOrder(prefix + "idx", idx, Arrays.copyOf(places, kept[tile]), first, ranked);
            assertThat(places[kept[tile]]).as(prefix + "last").isEqualTo(VisualTokens.MERGED);
            Tensor merged = reduced.prompt().features().slice(row, row + kept[tile] + 1);
            if (goldens.tensors().containsKey(prefix + "merged_0_5")) {
                JsonNode stats = expected.get("merged").get(tile);
                double magnitude =
                        Math.max(stats.get("max").asDouble(), -stats.get("min").asDouble());
                // The feature itself and a sum whose weights are at most one, plus the error of the weights.
                double tolerance = 2 * ParityTolerance.vision(engine.config(), magnitude) + attention * magnitude;
                checkMerged(goldens, prefix, merged, tolerance);
            }
            row += kept[tile] + 1;
        }
        assertThat(reduced.prompt().count()).as(name).isEqualTo(row);
        return same;
    }

    /// Equal, except that two patches whose recorded attention is nearly tied may change places: a ranking value has
    /// the relative error of its logit, a sum of `hidden` products.
    private static boolean checkOrder(String what, int[] expected, int[] places, int first, float[] attention) {
        boolean same = true;
        for (int i = 0; i < expected.length; i++) {
            int found = places[i] - first;
            same &= found == expected[i];
            double near = attention[expected[i]] * Math.ulp(1f) * 64;
            if (found != expected[i]) {
                assertThat((double) Math.abs(attention[found] - attention[expected[i]]))
                        .as(what + " " + i + ": expected " + expected[i] + ", found " + found)
                        .isLessThanOrEqualTo(near);
            }
        }
        assertThat(places).as(what).hasSameSizeAs(expected).doesNotHaveDuplicates();
        return same;
    }

    private static void checkMerged(Goldens goldens, String prefix, Tensor merged, double tolerance) {
        Tensor sampled =
                new Tensor(merged.data(), merged.offset(), (merged.rows() + 4) / 5, merged.cols(), 5 * merged.stride());
        Goldens.assertClose(prefix + "merged", goldens.floats(prefix + "merged_0_5"), sampled.toArray(), tolerance);
        Goldens.assertClose(
                prefix + "extra token",
                goldens.floats(prefix + "merged_last"),
                merged.slice(merged.rows() - 1, merged.rows()).toArray(),
                tolerance);
    }

    private static void checkAnswer(
            Engine engine,
            Goldens goldens,
            String name,
            ImageInput image,
            TokenReduction reduction,
            JsonNode expected) {
        int[] greedy = Goldens.ints(expected.get("greedy_ids"));
        try (Session session = engine.open(SessionOptions.of(reduction))) {
            Generation answer = session.generate(
                    new Prompt.Raw(expected.get("prompt").asString(), List.of(image)),
                    Sampling.greedy(greedy.length)
                            .withLogprobs(engine.config().text().vocab()),
                    TokenSink.NONE);
            ImageStats stats = answer.stats().images().getFirst();
            assertThat(stats.tokens())
                    .as(name)
                    .isEqualTo(expected.get("visual_tokens").asInt());
            assertThat(answer.stats().promptRows())
                    .as(name)
                    .isEqualTo(expected.get("sequence_length").asInt());
            double best = expected.at("/top20_logits/0").asDouble();
            double tolerance = ParityTolerance.decoder(engine.config(), best);
            FirstStep.assertLogits(
                    name, answer.firstLogprobs(), expected, goldens.floats(name + "/logits_0_64"), tolerance);
            double[] margin = {expected.get("smallest_greedy_margin").asDouble()};
            Greedy.assertEqual(name, greedy, margin, answer.ids(), tolerance);
        }
    }
}
