package dev.fovea.cli.picture;

import dev.fovea.cli.picture.Lettering.Style;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;

/// A page of 16 : 9 with a head and a foot, ready for a presentation.
public final class Slide {
    /// Pixels.
    public static final int WIDTH = 1920;

    public static final int HEIGHT = 1080;

    static final int MARGIN = 72;

    /// Between these lines is the room for pictures; captions stand above the upper one.
    static final int TOP = 222;

    static final int BOTTOM = 942;

    private static final int FOOT = 1014;
    private static final Style TITLE = new Style(44, true, Palette.INK);
    private static final Style ABOUT = new Style(21, false, Palette.INK);
    private static final Style COUNT = new Style(44, true, Palette.KEPT_INK);
    private static final Style NOTE = new Style(18, false, Palette.MUTED);
    private static final Style FIGURE = new Style(18, true, Palette.INK);

    private final BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    private final Graphics2D g = image.createGraphics();
    private final Lettering lettering;
    private double legendEnd = MARGIN;

    Slide(Lettering lettering) {
        this.lettering = lettering;
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        g.setColor(Palette.PAPER);
        g.fillRect(0, 0, WIDTH, HEIGHT);
        g.setColor(Palette.FAINT);
        g.fill(new Rectangle2D.Double(MARGIN, FOOT - 44, WIDTH - 2 * MARGIN, 1.5));
    }

    /// What a slide is about.
    ///
    /// @param title    at the left, large
    /// @param parts    below it, set apart by dots
    /// @param settings below them, small
    /// @param count    at the right, large
    /// @param unit     of the count, below it
    public record Head(String title, List<String> parts, String settings, String count, String unit) {}

    Graphics2D graphics() {
        return g;
    }

    Lettering lettering() {
        return lettering;
    }

    BufferedImage image() {
        return image;
    }

    void head(Head head) {
        double room =
                WIDTH - 3 * MARGIN - Math.max(lettering.width(head.count, COUNT), lettering.width(head.unit, ABOUT));
        lettering.right(g, head.count, COUNT, WIDTH - MARGIN, 88);
        lettering.right(g, head.unit, ABOUT, WIDTH - MARGIN, 126);
        lettering.left(g, head.title, TITLE, MARGIN, 88);
        lettering.left(g, lettering.fitted(String.join("   ·   ", head.parts), ABOUT, room), ABOUT, MARGIN, 126);
        lettering.left(g, lettering.fitted(head.settings, NOTE, room), NOTE, MARGIN, 155);
    }

    /// Adds a colour to the legend at the left of the foot.
    void legend(Color color, boolean outlined, String text) {
        Rectangle2D box = new Rectangle2D.Double(legendEnd, FOOT - 16, 20, 20);
        g.setColor(color);
        g.fill(box);
        g.setStroke(new BasicStroke(1.5f));
        g.setColor(outlined ? Palette.KEPT_INK : Palette.PADDING_LINE);
        g.draw(box);
        legendEnd = lettering.left(g, text, NOTE, legendEnd + 30, FOOT) + 32;
    }

    /// Adds a sign to the legend.
    void legend(String sign, String text) {
        double end = lettering.left(g, sign, FIGURE, legendEnd, FOOT);
        legendEnd = lettering.left(g, text, NOTE, end + 9, FOOT) + 32;
    }

    /// A figure and what it is.
    record Fact(String figure, String text) {}

    /// The facts at the right of the foot.
    void facts(List<Fact> facts) {
        double right = WIDTH - MARGIN;
        for (Fact fact : facts.reversed()) {
            lettering.right(g, fact.text, NOTE, right, FOOT);
            right -= lettering.width(fact.text, NOTE) + 7;
            lettering.right(g, fact.figure, FIGURE, right, FOOT);
            right -= lettering.width(fact.figure, FIGURE) + 36;
        }
    }
}
