package dev.fovea.cli.picture;

import dev.fovea.cli.picture.Lettering.Style;
import dev.fovea.cli.report.Numbers;
import dev.fovea.engine.Audit;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.RgbImage;
import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;

/// The picture of what a method kept, on one slide: the base tile, the mosaic beside it, and the audit below.
public final class InspectionPicture {
    /// Pixels; 16 : 9.
    public static final int WIDTH = 1920;

    public static final int HEIGHT = 1080;

    private static final int MARGIN = 72;
    private static final int PANELS_TOP = 222;
    private static final int PANELS_BOTTOM = 942;
    private static final int GUTTER = 56;
    private static final int WIDEST_SPARE = 160;
    private static final int FOOT = 1014;
    private static final String DOT = "   ·   ";
    private static final Style TITLE = new Style(44, true, Palette.INK);
    private static final Style SUBTITLE = new Style(21, false, Palette.INK);
    private static final Style COUNT = new Style(44, true, Palette.KEPT_INK);
    private static final Style NOTE = new Style(18, false, Palette.MUTED);
    private static final Style FACT = new Style(18, true, Palette.INK);

    private InspectionPicture() {}

    /// What there is to show.
    ///
    /// @param title    the method
    /// @param settings of the method
    /// @param name     the image's
    /// @param tiles    squares of one size, the whole picture first
    /// @param granted  tokens granted to each tile; empty when the method grants none
    /// @param total    visual tokens without reduction, newlines included
    /// @param tokens   visual tokens that the language model works with
    /// @param budget   tokens that the method may keep; 0 when it has no budget
    public record Subject(
            String title,
            String settings,
            String name,
            List<RgbImage> tiles,
            TokenMap map,
            int[] granted,
            Audit audit,
            int total,
            int tokens,
            int budget) {}

    /// Draws a subject with the fonts of this machine.
    public static BufferedImage draw(Subject subject) {
        return draw(subject, Lettering.ofMachine());
    }

    static BufferedImage draw(Subject subject, Lettering lettering) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        g.setColor(Palette.PAPER);
        g.fillRect(0, 0, WIDTH, HEIGHT);
        header(g, lettering, subject);
        panels(g, lettering, subject);
        footer(g, lettering, subject);
        g.dispose();
        return image;
    }

    private static void header(Graphics2D g, Lettering lettering, Subject subject) {
        Grid grid = subject.map.grid();
        String count = subject.tokens + " of " + subject.total;
        String share = "visual tokens, " + Numbers.percent((double) subject.tokens / Math.max(1, subject.total));
        lettering.right(g, count, COUNT, WIDTH - MARGIN, 88);
        lettering.right(g, share, SUBTITLE, WIDTH - MARGIN, 126);
        double room = WIDTH - 3 * MARGIN - lettering.width(share, SUBTITLE);
        lettering.left(g, subject.title, TITLE, MARGIN, 88);
        String tiles = grid.tileRows() == 0
                ? "one tile"
                : "base tile and " + grid.tileRows() + " × " + grid.tileCols() + " tiles";
        String about = subject.name + DOT + grid.imageWidth() + " × " + grid.imageHeight() + " px" + DOT + tiles;
        lettering.left(g, lettering.fitted(about, SUBTITLE, room), SUBTITLE, MARGIN, 126);
        lettering.left(g, lettering.fitted(subject.settings, NOTE, room), NOTE, MARGIN, 155);
    }

    private static void panels(Graphics2D g, Lettering lettering, Subject subject) {
        Grid grid = subject.map.grid();
        int high = PANELS_BOTTOM - PANELS_TOP;
        RgbImage first = subject.tiles.getFirst();
        if (grid.tileRows() == 0) {
            int unit = high / grid.patches();
            int left = (WIDTH - unit * grid.patches() - Panel.SIDE) / 2;
            new Panel(subject.map.base(), first, subject.granted, left, PANELS_TOP, unit)
                    .draw(g, lettering, "The picture as the tower sees it");
            return;
        }
        int wide = WIDTH - 2 * MARGIN - 2 * Panel.SIDE - GUTTER;
        int baseUnit = high / grid.patches();
        int mosaicUnit = Math.min(high / grid.mosaicRows(), (wide - high * 3 / 4) / grid.mosaicCols());
        baseUnit = Math.min(baseUnit, (wide - mosaicUnit * grid.mosaicCols()) / grid.patches());
        int used = baseUnit * grid.patches() + mosaicUnit * grid.mosaicCols() + 2 * Panel.SIDE + GUTTER;
        int spare = WIDTH - 2 * MARGIN - used;
        boolean spread = spare <= WIDEST_SPARE; // panels reach both margins, or keep together in the middle
        int left = MARGIN + (spread ? 0 : spare / 2);
        Panel base = new Panel(
                subject.map.base(), first, subject.granted, left, middle(baseUnit * grid.patches(), high), baseUnit);
        base.draw(g, lettering, "Base tile");
        int mosaicLeft = left + base.width() + Panel.SIDE + GUTTER + (spread ? spare : 0);
        new Panel(
                        subject.map.mosaic(),
                        mosaic(grid, subject.tiles),
                        subject.granted,
                        mosaicLeft,
                        middle(mosaicUnit * grid.mosaicRows(), high),
                        mosaicUnit)
                .draw(g, lettering, "Mosaic");
    }

    private static int middle(int height, int room) {
        return PANELS_TOP + (room - height) / 2;
    }

    /// The tiles side by side.
    private static RgbImage mosaic(Grid grid, List<RgbImage> tiles) {
        int side = tiles.getFirst().height();
        RgbImage mosaic = RgbImage.filled(grid.tileRows() * side, grid.tileCols() * side, 0);
        for (int tile = 1; tile < tiles.size(); tile++) {
            byte[] from = tiles.get(tile).rgb();
            int top = (tile - 1) / grid.tileCols() * side;
            int left = (tile - 1) % grid.tileCols() * side;
            for (int y = 0; y < side; y++) {
                System.arraycopy(from, 3 * side * y, mosaic.rgb(), 3 * ((top + y) * mosaic.width() + left), 3 * side);
            }
        }
        return mosaic;
    }

    private static void footer(Graphics2D g, Lettering lettering, Subject subject) {
        g.setColor(Palette.FAINT);
        g.fill(new Rectangle2D.Double(MARGIN, FOOT - 44, WIDTH - 2 * MARGIN, 1.5));
        double x = MARGIN;
        x = swatch(g, lettering, "kept", x, Palette.KEPT, true);
        boolean ranked = subject.map.ranks().length > 0;
        x = swatch(
                g,
                lettering,
                ranked ? "dropped, darker = ranked lower" : "dropped",
                x,
                new java.awt.Color(0x3A404B),
                false);
        Grid grid = subject.map.grid();
        if (grid.keptRows() < grid.mosaicRows() || grid.keptCols() < grid.mosaicCols()) {
            x = swatch(g, lettering, "padding", x, Palette.PADDING, false);
        }
        if (subject.granted.length > 0) {
            double end = lettering.left(g, "n / m", FACT, x, FOOT);
            lettering.left(g, "kept of a tile's budget", NOTE, end + 9, FOOT);
        }
        double right = WIDTH - MARGIN;
        for (String[] fact : facts(subject).reversed()) {
            lettering.right(g, fact[1], NOTE, right, FOOT);
            right -= lettering.width(fact[1], NOTE) + 7;
            lettering.right(g, fact[0], FACT, right, FOOT);
            right -= lettering.width(fact[0], FACT) + 36;
        }
    }

    /// The audit: bold figures, each with what it is.
    private static List<String[]> facts(Subject subject) {
        Audit audit = subject.audit;
        java.util.ArrayList<String[]> facts = new java.util.ArrayList<>();
        facts.add(
                subject.budget > 0
                        ? new String[] {audit.kept() + " of " + subject.budget, "of the budget used"}
                        : new String[] {Integer.toString(audit.kept()), "places kept"});
        if (audit.merged() > 0) {
            facts.add(new String[] {"+ " + audit.merged(), "merged tokens"});
        }
        if (audit.newlines() > 0) {
            facts.add(new String[] {"+ " + audit.newlines(), "row ends"});
        }
        facts.add(new String[] {Numbers.percent(audit.paddedShare()), "lost to padding"});
        int[] thirds = audit.thirds();
        int all = Math.max(1, thirds[0] + thirds[1] + thirds[2]);
        facts.add(new String[] {
            Numbers.percent((double) thirds[0] / all) + " · " + Numbers.percent((double) thirds[1] / all) + " · "
                    + Numbers.percent((double) thirds[2] / all),
            "top · middle · bottom"
        });
        return facts;
    }

    private static double swatch(
            Graphics2D g, Lettering lettering, String text, double x, java.awt.Color color, boolean outlined) {
        Rectangle2D box = new Rectangle2D.Double(x, FOOT - 16, 20, 20);
        g.setColor(color);
        g.fill(box);
        g.setStroke(new BasicStroke(1.5f));
        g.setColor(outlined ? Palette.KEPT_INK : Palette.PADDING_LINE);
        g.draw(box);
        return lettering.left(g, text, NOTE, x + 30, FOOT) + 32;
    }
}
