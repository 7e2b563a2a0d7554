package dev.fovea.cli.report;

import dev.fovea.engine.Audit;
import dev.fovea.engine.ImageStats;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.reduce.TokenReduction;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a method made of images.
public record InspectionReport(VlmConfig config, TokenReduction reduction, List<InspectedImage> images) {

    /// The whole report as one object.
    public ObjectNode json() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.set("method", MethodReport.json(reduction));
        ArrayNode array = json.putArray("images");
        images.forEach(image -> array.add(image.json()));
        return json;
    }

    /// The report for people, a few lines for each image.
    public String text() {
        StringBuilder text = new StringBuilder(MethodReport.text(reduction));
        for (InspectedImage image : images) {
            ImageStats stats = image.inspection().stats();
            text.append(String.format(
                    Locale.ROOT,
                    "%n%s: %d x %d px, grid %d x %d, %d tiles%s, %d -> %d visual tokens%n",
                    image.name(),
                    stats.width(),
                    stats.height(),
                    stats.tileRows(),
                    stats.tileCols(),
                    stats.tiles(),
                    stats.encodedTiles() < stats.tiles() ? " (" + stats.encodedTiles() + " encoded)" : "",
                    stats.tokensBefore(),
                    image.tokens()));
            int[] budgets = image.inspection().reduced().budgets();
            if (budgets.length > 0) {
                text.append("  granted to tiles: ")
                        .append(Arrays.toString(budgets))
                        .append(System.lineSeparator());
            }
            text.append("  ").append(line(image.audit(config), image.budget(reduction)));
            image.shown()
                    .ifPresent(cells -> text.append(String.format(
                            Locale.ROOT,
                            "%n  cells shown: %.1f of %d per layer and step (steps: %d); ever computed: %d",
                            cells.mean(),
                            cells.side() * cells.side(),
                            cells.steps().size(),
                            cells.computed())));
        }
        return text.toString();
    }

    /// The audit of one image.
    private static String line(Audit audit, int budget) {
        int[] thirds = audit.thirds();
        return "kept " + audit.kept() + (budget > 0 ? " of a budget of " + budget : "")
                + (audit.merged() > 0 ? " + " + audit.merged() + " merged" : "")
                + (audit.newlines() > 0 ? " + " + audit.newlines() + " row ends" : "")
                + "; lost to padding " + Numbers.percent(audit.paddedShare())
                + "; top, middle, bottom: " + thirds[0] + ", " + thirds[1] + ", " + thirds[2];
    }
}
