package dev.fovea.cli.picture;

import dev.fovea.cli.picture.Slide.Fact;
import dev.fovea.cli.report.Numbers;
import dev.fovea.engine.Audit;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.RgbImage;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/// What a method kept: the base tile, the mosaic beside it, and the audit below.
public final class KeptPicture {
    private static final int GUTTER = 56;

    /// What panels leave free at most when they reach both margins; with more they keep together in the middle.
    private static final int WIDEST_SPARE = 160;

    private KeptPicture() {}

    /// What there is to show.
    ///
    /// @param tiles   squares of one size, the whole picture first
    /// @param granted tokens granted to each tile; empty when the method grants none
    /// @param budget  tokens that the method may keep; 0 when it has no budget
    public record Subject(
            Slide.Head head, List<RgbImage> tiles, TokenMap map, int[] granted, Audit audit, int budget) {}

    /// Draws with the fonts of this machine.
    public static BufferedImage draw(Subject subject) {
        return draw(subject, Lettering.ofMachine());
    }

    static BufferedImage draw(Subject subject, Lettering lettering) {
        Slide slide = new Slide(lettering);
        slide.head(subject.head);
        if (subject.map.grid().tileRows() == 0) {
            one(slide, subject);
        } else {
            two(slide, subject);
        }
        legend(slide, subject);
        slide.facts(facts(subject));
        return slide.image();
    }

    /// The base tile alone.
    private static void one(Slide slide, Subject subject) {
        int unit = (Slide.BOTTOM - Slide.TOP) / subject.map.grid().patches();
        int left = (Slide.WIDTH - unit * subject.map.grid().patches() - Panel.SIDE) / 2;
        new Panel(subject.map.base(), subject.tiles.getFirst(), subject.granted, left, Slide.TOP, unit)
                .draw(slide, "The picture as the tower sees it");
    }

    /// The base tile and, as large as it fits, the mosaic.
    private static void two(Slide slide, Subject subject) {
        Grid grid = subject.map.grid();
        int high = Slide.BOTTOM - Slide.TOP;
        int wide = Slide.WIDTH - 2 * Slide.MARGIN - 2 * Panel.SIDE - GUTTER;
        int mosaicUnit = Math.min(high / grid.mosaicRows(), (wide - high * 3 / 4) / grid.mosaicCols());
        int baseUnit = Math.min(high / grid.patches(), (wide - mosaicUnit * grid.mosaicCols()) / grid.patches());
        int spare = wide - baseUnit * grid.patches() - mosaicUnit * grid.mosaicCols();
        boolean spread = spare <= WIDEST_SPARE;
        int left = Slide.MARGIN + (spread ? 0 : spare / 2);
        Panel base = new Panel(
                subject.map.base(),
                subject.tiles.getFirst(),
                subject.granted,
                left,
                middle(baseUnit * grid.patches()),
                baseUnit);
        base.draw(slide, "Base tile");
        new Panel(
                        subject.map.mosaic(),
                        Mosaic.of(grid, subject.tiles),
                        subject.granted,
                        left + base.width() + Panel.SIDE + GUTTER + (spread ? spare : 0),
                        middle(mosaicUnit * grid.mosaicRows()),
                        mosaicUnit)
                .draw(slide, "Mosaic");
    }

    private static int middle(int height) {
        return (Slide.TOP + Slide.BOTTOM - height) / 2;
    }

    private static void legend(Slide slide, Subject subject) {
        Grid grid = subject.map.grid();
        slide.legend(Palette.KEPT, true, "kept");
        boolean ranked = subject.map.ranks().length > 0;
        slide.legend(Palette.DROPPED, false, ranked ? "dropped, darker = ranked lower" : "dropped");
        if (grid.keptRows() < grid.mosaicRows() || grid.keptCols() < grid.mosaicCols()) {
            slide.legend(Palette.PADDING, false, "padding");
        }
        if (subject.granted.length > 0) {
            slide.legend("n / m", "kept of a tile's budget");
        }
    }

    /// The audit.
    private static List<Fact> facts(Subject subject) {
        Audit audit = subject.audit;
        List<Fact> facts = new ArrayList<>();
        facts.add(
                subject.budget > 0
                        ? new Fact(audit.kept() + " of " + subject.budget, "of the budget used")
                        : new Fact(Integer.toString(audit.kept()), "places kept"));
        if (audit.merged() > 0) {
            facts.add(new Fact("+ " + audit.merged(), "merged"));
        }
        if (audit.newlines() > 0) {
            facts.add(new Fact("+ " + audit.newlines(), "row ends"));
        }
        facts.add(new Fact(Numbers.percent(audit.paddedShare()), "lost to padding"));
        int[] thirds = audit.thirds();
        int all = Math.max(1, thirds[0] + thirds[1] + thirds[2]);
        String shares = Numbers.percent((double) thirds[0] / all) + " · " + Numbers.percent((double) thirds[1] / all)
                + " · " + Numbers.percent((double) thirds[2] / all);
        facts.add(new Fact(shares, "top · middle · bottom"));
        return facts;
    }
}
