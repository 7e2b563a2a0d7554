package dev.fovea.cli.report;

import dev.fovea.engine.Audit;
import dev.fovea.engine.Inspection;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.reduce.Budget;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.PruningTrace;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.vision.VisualTokens;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// One image, what a method made of it after the tower and, for methods inside the decoder, what was left.
public record InspectedImage(String name, Inspection inspection, Optional<Pruned> pruned, Optional<Shown> shown) {

    /// Cells of the high-resolution picture that a method showed beside the prompt.
    ///
    /// @param side     cells on each side
    /// @param steps    cells that each layer chose, step by step; step 0 is the prompt
    /// @param computed cells whose keys and values were computed: each layer on its own, all images together
    public record Shown(int side, List<Map<Integer, int[]>> steps, int computed) {
        /// Cells that a layer showed in a step, on average.
        public double mean() {
            return steps.stream()
                    .flatMap(step -> step.values().stream())
                    .mapToInt(cells -> cells.length)
                    .average()
                    .orElse(0);
        }
    }

    /// What a decoder-side method left of an image.
    ///
    /// @param begin prompt position of the image's first token
    /// @param kept  `[n]`: tokens that stayed, counted from `begin`, row ends included
    /// @param ranks `[tokens]`: 0 … 1, higher is nearer to staying
    public record Pruned(int begin, int[] kept, float[] ranks) {
        /// What a trace says about one image of the prompt.
        public static Pruned of(ImageSpan span, PruningTrace trace) {
            int[] kept = Arrays.stream(trace.keptPositions())
                    .filter(position -> position >= span.begin() && position < span.end())
                    .map(position -> position - span.begin())
                    .toArray();
            int tokens = span.end() - span.begin();
            float[] scores = trace.scores();
            Integer[] order = IntStream.range(0, tokens).boxed().toArray(Integer[]::new);
            Arrays.sort(order, (a, b) -> Float.compare(scores[span.begin() + a], scores[span.begin() + b]));
            float[] ranks = new float[tokens];
            for (int i = 0; i < tokens; i++) {
                ranks[order[i]] = (float) i / Math.max(1, tokens - 1);
            }
            return new Pruned(span.begin(), kept, ranks);
        }
    }

    /// The tokens that stay in the end, in the order in which the language model sees them.
    public int[] origins() {
        int[] prompt = inspection.reduced().prompt().origins();
        return pruned.map(left ->
                        Arrays.stream(left.kept).map(token -> prompt[token]).toArray())
                .orElse(prompt);
    }

    /// Tokens that the language model works with in its later layers.
    public int tokens() {
        return pruned.map(left -> left.kept.length).orElse(inspection.stats().tokens());
    }

    /// How near each place was to staying, `[tiles * patches]`; empty where nothing ranks.
    public float[] ranksByPlace() {
        if (pruned.isEmpty()) {
            return new float[0];
        }
        int[] prompt = inspection.reduced().prompt().origins();
        float[] ranks = new float[inspection.grid().tiles() * inspection.grid().patchesPerTile()];
        for (int token = 0; token < prompt.length; token++) {
            if (prompt[token] >= 0) {
                ranks[prompt[token]] = pruned.get().ranks[token];
            }
        }
        return ranks;
    }

    /// How the tokens were spent. A decoder-side method grants nothing to tiles.
    public Audit audit(VlmConfig config) {
        int[] granted = pruned.isEmpty() ? inspection.reduced().budgets() : new int[0];
        return Audit.of(config, inspection.grid(), origins(), granted);
    }

    /// Tokens that the method may keep of this image; 0 when it has no budget.
    public int budget(TokenReduction reduction) {
        return MethodReport.budget(reduction)
                .filter(budget -> !(budget instanceof Budget.Rate(double rate) && rate >= 1))
                .map(budget -> budget.tokens(
                        inspection.grid().tiles(), inspection.grid().patchesPerTile()))
                .orElse(0);
    }

    /// `kept` are places, `tile * patches + patch`; where a decoder-side method pruned, they are tokens counted from
    /// the image's first, because row ends have no place.
    ObjectNode json() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.putArray("grid")
                .add(inspection.grid().tileRows())
                .add(inspection.grid().tileCols());
        json.put("tiles", inspection.grid().tiles());
        json.set("budgets", Numbers.array(inspection.reduced().budgets()));
        int[] places = places();
        json.set("kept", Numbers.array(pruned.map(Pruned::kept).orElse(places)));
        int[] origins = inspection.reduced().prompt().origins();
        int merged = count(origins, VisualTokens.MERGED);
        if (merged > 0) {
            json.put("merged", merged);
        }
        json.put("tokens", inspection.stats().tokens());
        if (pruned.isPresent()) {
            json.put("begin", pruned.get().begin);
            json.set("places", Numbers.array(places));
        }
        shown.ifPresent(cells -> {
            ArrayNode steps = json.putArray("cells");
            for (Map<Integer, int[]> step : cells.steps) {
                ObjectNode layers = steps.addObject();
                step.forEach((layer, chosen) -> layers.set(Integer.toString(layer), Numbers.array(chosen)));
            }
        });
        return json;
    }

    /// The places of the tokens that stay, in order.
    private int[] places() {
        return Arrays.stream(origins()).filter(origin -> origin >= 0).toArray();
    }

    private static int count(int[] origins, int kind) {
        return (int) Arrays.stream(origins).filter(origin -> origin == kind).count();
    }
}
