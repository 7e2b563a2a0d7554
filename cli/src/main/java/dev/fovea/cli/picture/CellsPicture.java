package dev.fovea.cli.picture;

import dev.fovea.cli.picture.Lettering.Style;
import dev.fovea.cli.picture.Slide.Fact;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.Resampler;
import dev.fovea.engine.image.RgbImage;
import java.awt.BasicStroke;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Which high-resolution cells each layer of the decoder chose to see: a small picture for each layer.
public final class CellsPicture {
    private static final int GAP = 26;
    private static final int CAPTION = 30;
    private static final Style NAME = new Style(17, true, Palette.INK);
    private static final Style DETAIL = new Style(15, false, Palette.MUTED);

    private CellsPicture() {}

    /// What there is to show.
    ///
    /// @param tiles    squares of one size, the whole picture first
    /// @param side     cells on each side
    /// @param steps    cells chosen, step by step, by layer
    /// @param computed cells whose keys and values were computed, each layer counted on its own
    public record Subject(
            Slide.Head head,
            Grid grid,
            List<RgbImage> tiles,
            int side,
            List<Map<Integer, int[]>> steps,
            int computed) {}

    /// Draws with the fonts of this machine.
    public static BufferedImage draw(Subject subject) {
        return draw(subject, Lettering.ofMachine());
    }

    static BufferedImage draw(Subject subject, Lettering lettering) {
        Slide slide = new Slide(lettering);
        slide.head(subject.head);
        TreeSet<Integer> layers = new TreeSet<>();
        subject.steps.forEach(step -> layers.addAll(step.keySet()));
        int columns = columns(layers.size());
        int rows = Math.max(1, Math.ceilDiv(layers.size(), columns));
        int room = Math.min(
                (Slide.WIDTH - 2 * Slide.MARGIN + GAP) / columns - GAP,
                (Slide.BOTTOM - Slide.TOP + 2 * CAPTION) / rows - CAPTION - 12);
        int unit = room / subject.side;
        RgbImage mosaic = Resampler.resize(
                Mosaic.of(subject.grid, subject.tiles),
                unit * subject.side,
                unit * subject.side,
                Resampler.Filter.BICUBIC);
        int across = unit * subject.side + GAP;
        int down = unit * subject.side + CAPTION + 12;
        int left = (Slide.WIDTH - columns * across + GAP) / 2;
        int top = (Slide.TOP + Slide.BOTTOM - rows * down + CAPTION + 12) / 2;
        int at = 0;
        for (int layer : layers) {
            new Small(slide, subject, mosaic, layer, unit, left + at % columns * across, top + at / columns * down)
                    .draw();
            at++;
        }
        slide.legend(Palette.KEPT, true, "shown to the layer after");
        slide.legend(
                Palette.DROPPED, false, subject.steps.size() > 1 ? "not shown; lighter = in some steps" : "not shown");
        slide.facts(List.of(
                new Fact(Integer.toString(subject.steps.size()), subject.steps.size() == 1 ? "step" : "steps"),
                new Fact(Integer.toString(subject.computed), "cells ever computed, over all layers")));
        return slide.image();
    }

    /// As many columns as make the small pictures largest on a wide page.
    private static int columns(int count) {
        int best = 1;
        double largest = 0;
        for (int columns = 1; columns <= Math.max(1, count); columns++) {
            double wide = (Slide.WIDTH - 2.0 * Slide.MARGIN) / columns - GAP;
            double high = (Slide.BOTTOM - Slide.TOP) / Math.ceil((double) count / columns) - CAPTION - 12;
            if (Math.min(wide, high) > largest) {
                largest = Math.min(wide, high);
                best = columns;
            }
        }
        return best;
    }

    /// The picture of one layer.
    private record Small(Slide slide, Subject subject, RgbImage mosaic, int layer, int unit, int x, int y) {
        void draw() {
            float[] shares = shares();
            int size = unit * subject.side;
            BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
            byte[] rgb = mosaic.rgb();
            for (int py = 0, at = 0; py < size; py++) {
                for (int px = 0; px < size; px++, at += 3) {
                    int color = (rgb[at] & 255) << 16 | (rgb[at + 1] & 255) << 8 | rgb[at + 2] & 255;
                    float share = shares[py / unit * subject.side + px / unit];
                    image.setRGB(px, py, Palette.between(Palette.dimmed(color, -1), color, share));
                }
            }
            slide.graphics().drawImage(image, x, y, null);
            contour(shares);
            caption();
        }

        /// In which share of the steps each cell was chosen.
        private float[] shares() {
            float[] shares = new float[subject.side * subject.side];
            for (Map<Integer, int[]> step : subject.steps) {
                for (int cell : step.getOrDefault(layer, new int[0])) {
                    shares[cell] += 1f / subject.steps.size();
                }
            }
            return shares;
        }

        private void contour(float[] shares) {
            Path2D line = new Path2D.Double();
            for (int row = 0; row <= subject.side; row++) {
                for (int col = 0; col <= subject.side; col++) {
                    double left = x + col * unit;
                    double top = y + row * unit;
                    boolean here = shown(shares, row, col);
                    if (here != shown(shares, row - 1, col)) {
                        line.append(new Line2D.Double(left, top, left + unit, top), false);
                    }
                    if (here != shown(shares, row, col - 1)) {
                        line.append(new Line2D.Double(left, top, left, top + unit), false);
                    }
                }
            }
            slide.graphics().setStroke(new BasicStroke(1.8f, BasicStroke.CAP_SQUARE, BasicStroke.JOIN_MITER));
            slide.graphics().setColor(Palette.CONTOUR);
            slide.graphics().draw(line);
        }

        private boolean shown(float[] shares, int row, int col) {
            int side = subject.side;
            return row >= 0 && row < side && col >= 0 && col < side && shares[row * side + col] > 0;
        }

        private void caption() {
            List<Integer> counts = new ArrayList<>();
            subject.steps.forEach(step -> counts.add(step.getOrDefault(layer, new int[0]).length));
            int least = counts.stream().mapToInt(Integer::intValue).min().orElse(0);
            int most = counts.stream().mapToInt(Integer::intValue).max().orElse(0);
            double end = slide.lettering().left(slide.graphics(), "layer " + layer, NAME, x, y - 9);
            String cells = least == most ? most + " cells" : least + " – " + most + " cells";
            slide.lettering().left(slide.graphics(), cells, DETAIL, end + 10, y - 9);
        }
    }
}
