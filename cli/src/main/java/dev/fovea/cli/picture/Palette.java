package dev.fovea.cli.picture;

import java.awt.Color;

/// The colours of all pictures: ink on white, one warm colour for what stays, slate for what does not.
final class Palette {
    static final Color PAPER = Color.WHITE;
    static final Color INK = new Color(0x16, 0x1B, 0x22);
    static final Color MUTED = new Color(0x66, 0x70, 0x85);
    static final Color FAINT = new Color(0xE4, 0xE7, 0xEC);
    static final Color KEPT = new Color(0xF5, 0x9E, 0x0B);
    static final Color DROPPED = new Color(0x3A, 0x40, 0x4B);
    static final Color KEPT_INK = new Color(0xB4, 0x5F, 0x06);
    static final Color CONTOUR = new Color(0xFF, 0xB4, 0x1F);
    static final Color CONTOUR_SHADE = new Color(0, 0, 0, 96);
    static final Color TILE_LINE = new Color(255, 255, 255, 230);
    static final Color TILE_SHADE = new Color(0, 0, 0, 90);
    static final Color LABEL = new Color(0x10, 0x14, 0x1A, 0xD2);
    static final Color PADDING = new Color(0xEE, 0xF0, 0xF4);
    static final Color PADDING_LINE = new Color(0xD3, 0xD8, 0xE1);

    /// The darkest and the lightest a dropped patch gets: what is left of its own lightness.
    private static final float DIMMEST = 0.14f;

    private static final float DIMMED = 0.30f;
    private static final float BRIGHTEST_DROPPED = 0.62f;

    private Palette() {}

    /// A dropped pixel: grey with a breath of blue, dark.
    ///
    /// @param rgb  `0xRRGGBB`
    /// @param rank how near it was to staying, 0 … 1; negative where nothing ranks
    static int dimmed(int rgb, float rank) {
        float grey = 0.299f * (rgb >> 16 & 255) + 0.587f * (rgb >> 8 & 255) + 0.114f * (rgb & 255);
        float share = rank < 0 ? DIMMED : DIMMEST + (BRIGHTEST_DROPPED - DIMMEST) * rank * rank;
        int level = (int) (grey * share);
        return Math.min(255, level + 18) << 16 | Math.min(255, level + 22) << 8 | Math.min(255, level + 31);
    }

    /// A colour on the way from one to another.
    ///
    /// @param share 0 for `from`, 1 for `to`
    static int between(int from, int to, float share) {
        int color = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int a = from >> shift & 255;
            int b = to >> shift & 255;
            color |= Math.round(a + (b - a) * share) << shift;
        }
        return color;
    }
}
