package dev.fovea.cli.picture;

import dev.fovea.cli.picture.Lettering.Style;
import dev.fovea.cli.picture.TokenMap.View;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.Resampler;
import dev.fovea.engine.image.RgbImage;
import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;

/// One view of a picture with its kept patches in colour, the others dimmed, and a histogram at its side.
///
/// @param x    left edge in the whole drawing
/// @param y    upper edge
/// @param unit pixels of one patch's side; whole, so that patches have sharp edges
record Panel(View view, RgbImage picture, int[] granted, int x, int y, int unit) {
    /// Room right of a panel for its histogram.
    static final int SIDE = 96;

    private static final int BAR_GAP = 14;
    private static final int BARS = SIDE - BAR_GAP;
    private static final Style LABEL = new Style(15, true, Palette.PAPER);
    private static final Style CAPTION = new Style(20, true, Palette.INK);
    private static final Style DETAIL = new Style(17, false, Palette.MUTED);

    int width() {
        return view.cols() * unit;
    }

    int height() {
        return view.rows() * unit;
    }

    void draw(Slide slide, String caption) {
        Graphics2D g = slide.graphics();
        Lettering lettering = slide.lettering();
        double end = lettering.left(g, caption, CAPTION, x, y - 16);
        lettering.left(g, view.kept() + " of " + candidates(), DETAIL, end + 14, y - 16);
        g.drawImage(pixels(), x, y, null);
        hatch(g);
        contour(g);
        tileLines(g);
        labels(g, lettering);
        histogram(g, lettering);
    }

    private int candidates() {
        int count = 0;
        for (int row = 0; row < view.rows(); row++) {
            for (int col = 0; col < view.cols(); col++) {
                count += view.padding(row, col) ? 0 : 1;
            }
        }
        return count;
    }

    private BufferedImage pixels() {
        RgbImage scaled = Resampler.resize(picture, height(), width(), Resampler.Filter.BICUBIC);
        byte[] rgb = scaled.rgb();
        BufferedImage image = new BufferedImage(width(), height(), BufferedImage.TYPE_INT_RGB);
        for (int py = 0, at = 0; py < height(); py++) {
            for (int px = 0; px < width(); px++, at += 3) {
                int color = (rgb[at] & 255) << 16 | (rgb[at + 1] & 255) << 8 | rgb[at + 2] & 255;
                int row = py / unit;
                int col = px / unit;
                boolean padding = view.padding(row, col) && !view.kept(row, col);
                int dropped = padding ? Palette.PADDING.getRGB() : Palette.dimmed(color, view.rank(row, col));
                image.setRGB(px, py, view.kept(row, col) ? color : dropped);
            }
        }
        return image;
    }

    /// Fine diagonals over the padding.
    private void hatch(Graphics2D g) {
        Path2D padding = new Path2D.Double();
        for (int row = 0; row < view.rows(); row++) {
            for (int col = 0; col < view.cols(); col++) {
                if (view.padding(row, col) && !view.kept(row, col)) {
                    padding.append(new Rectangle2D.Double(x + col * unit, y + row * unit, unit, unit), false);
                }
            }
        }
        Graphics2D clipped = (Graphics2D) g.create();
        clipped.clip(padding);
        clipped.setColor(Palette.PADDING_LINE);
        clipped.setStroke(new BasicStroke(1.2f));
        for (int at = -height(); at < width(); at += 9) {
            clipped.draw(new Line2D.Double(x + at, y + height(), x + at + height(), y));
        }
        clipped.dispose();
    }

    /// The line between what stays and what does not.
    private void contour(Graphics2D g) {
        Path2D line = new Path2D.Double();
        for (int row = 0; row <= view.rows(); row++) {
            for (int col = 0; col <= view.cols(); col++) {
                boolean here = view.kept(row, col);
                double left = x + col * unit;
                double top = y + row * unit;
                if (here != view.kept(row - 1, col)) {
                    line.append(new Line2D.Double(left, top, left + unit, top), false);
                }
                if (here != view.kept(row, col - 1)) {
                    line.append(new Line2D.Double(left, top, left, top + unit), false);
                }
            }
        }
        float weight = unit >= 20 ? 2f : 1.6f;
        g.setStroke(new BasicStroke(weight + 1.6f, BasicStroke.CAP_SQUARE, BasicStroke.JOIN_MITER));
        g.setColor(Palette.CONTOUR_SHADE);
        g.draw(line);
        g.setStroke(new BasicStroke(weight, BasicStroke.CAP_SQUARE, BasicStroke.JOIN_MITER));
        g.setColor(Palette.CONTOUR);
        g.draw(line);
    }

    private void tileLines(Graphics2D g) {
        int side = view.map().grid().patches() * unit;
        Path2D lines = new Path2D.Double();
        for (int at = side; at < width(); at += side) {
            lines.append(new Line2D.Double(x + at, y, x + at, y + height()), false);
        }
        for (int at = side; at < height(); at += side) {
            lines.append(new Line2D.Double(x, y + at, x + width(), y + at), false);
        }
        g.setStroke(new BasicStroke(5f));
        g.setColor(Palette.TILE_SHADE);
        g.draw(lines);
        g.setStroke(new BasicStroke(2.4f));
        g.setColor(Palette.TILE_LINE);
        g.draw(lines);
    }

    private void labels(Graphics2D g, Lettering lettering) {
        Grid grid = view.map().grid();
        int side = grid.patches() * unit;
        int first = view.mosaic() ? 1 : 0;
        int count = view.mosaic() ? grid.tileRows() * grid.tileCols() : 1;
        for (int i = 0; i < count; i++) {
            int tile = first + i;
            int cols = view.mosaic() ? grid.tileCols() : 1;
            String kept = Integer.toString(view.keptInTile(tile));
            String text = granted.length > tile ? kept + " / " + granted[tile] : kept;
            label(g, lettering, text, x + i % cols * side + 8, y + i / cols * side + 8);
        }
    }

    private static void label(Graphics2D g, Lettering lettering, String text, int left, int top) {
        double width = lettering.width(text, LABEL);
        if (width > 0) {
            g.setColor(Palette.LABEL);
            g.fill(new RoundRectangle2D.Double(left, top, width + 18, 27, 13, 13));
            lettering.left(g, text, LABEL, left + 9, top + 19);
        }
    }

    /// Kept tokens row by row; the fine line is where every bar would end if rows were treated alike.
    private void histogram(Graphics2D g, Lettering lettering) {
        int most = 1;
        int open = 0;
        for (int row = 0; row < view.rows(); row++) {
            most = Math.max(most, view.keptInRow(row));
            open += view.padding(row, view.cols() / 2) ? 0 : 1;
        }
        double left = x + width() + BAR_GAP;
        g.setColor(Palette.FAINT);
        g.fill(new Rectangle2D.Double(left, y, BARS, height()));
        double gap = unit >= 8 ? 2 : 1;
        g.setColor(Palette.KEPT);
        for (int row = 0; row < view.rows(); row++) {
            double length = (double) view.keptInRow(row) / most * BARS;
            g.fill(new Rectangle2D.Double(left, y + row * unit + gap / 2, length, unit - gap));
        }
        double mean = (double) view.kept() / Math.max(1, open) / most * BARS;
        g.setColor(Palette.INK);
        g.setStroke(new BasicStroke(1.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {2, 4}, 0));
        g.draw(new Line2D.Double(left + mean, y, left + mean, y + height()));
        lettering.left(g, "per row", new Style(15, false, Palette.MUTED), left, y - 16);
    }
}
