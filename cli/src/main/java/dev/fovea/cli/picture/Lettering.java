package dev.fovea.cli.picture;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.font.FontRenderContext;
import java.awt.font.TextAttribute;
import java.util.Map;

/// Text in pictures, in the platform's sans-serif font.
///
/// A machine may have a JDK and no fonts at all; then nothing is written and every text is zero wide.
final class Lettering {
    private static final FontRenderContext CONTEXT = new FontRenderContext(null, true, true);

    private final boolean works;

    private Lettering(boolean works) {
        this.works = works;
    }

    /// A way to write: size in pixels, weight and colour.
    record Style(int size, boolean bold, Color color) {}

    /// The lettering that this machine can do.
    static Lettering ofMachine() {
        try {
            return new Lettering(font(new Style(12, false, Color.BLACK))
                            .getStringBounds("fovea", CONTEXT)
                            .getWidth()
                    > 0);
        } catch (RuntimeException | LinkageError | InternalError e) { // no fontconfig, no freetype or no font
            System.getLogger(Lettering.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "pictures have no text, because fonts cannot be used: {0}",
                            e.toString());
            return none();
        }
    }

    /// No text at all.
    static Lettering none() {
        return new Lettering(false);
    }

    private static Font font(Style style) {
        return new Font(Font.SANS_SERIF, style.bold ? Font.BOLD : Font.PLAIN, style.size)
                .deriveFont(Map.of(TextAttribute.KERNING, TextAttribute.KERNING_ON));
    }

    /// Pixels that a text takes.
    double width(String text, Style style) {
        return works ? font(style).getStringBounds(text, CONTEXT).getWidth() : 0;
    }

    /// Writes with the left end of the base line at (`x`, `y`); returns where the text ends.
    double left(Graphics2D g, String text, Style style, double x, double y) {
        if (works && !text.isEmpty()) {
            g.setColor(style.color);
            g.setFont(font(style));
            g.drawString(text, (float) x, (float) y);
        }
        return x + width(text, style);
    }

    /// Writes with the right end of the base line at (`x`, `y`).
    void right(Graphics2D g, String text, Style style, double x, double y) {
        left(g, text, style, x - width(text, style), y);
    }

    /// The text, shortened in its middle if it is wider than `width`.
    String fitted(String text, Style style, double width) {
        String shown = text;
        for (int keep = text.length() - 1; keep > 4 && width(shown, style) > width; keep--) {
            shown = text.substring(0, keep * 2 / 3) + "…" + text.substring(text.length() - keep / 3);
        }
        return shown;
    }

    boolean works() {
        return works;
    }
}
