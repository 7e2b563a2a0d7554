package dev.fovea.engine.image;

import java.util.List;

/// LLaVA-NeXT's any-resolution rules: which canvas a picture gets, how it lies on it, what unpadding keeps.
///
/// As in transformers: `select_best_resolution`, `get_patch_output_size`, `unpad_image`.
public final class AnyRes {
    /// Height before width, as everywhere.
    public record Size(int height, int width) {
        public Size {
            if (height < 1 || width < 1) {
                throw new IllegalArgumentException("size: expected at least 1 x 1, found " + height + " x " + width);
            }
        }
    }

    private AnyRes() {}

    /// The canvas that keeps most of the picture's pixels; of several, the one with the least empty space; of several,
    /// the first.
    ///
    /// The double arithmetic, truncations included, is the reference's: exact integers would choose differently.
    public static Size bestResolution(int height, int width, List<Size> canvases) {
        if (canvases.isEmpty()) {
            throw new IllegalArgumentException("canvases: expected at least one, found none");
        }
        Size best = canvases.getFirst();
        long bestKept = -1;
        long bestWaste = Long.MAX_VALUE;
        for (Size canvas : canvases) {
            double scale = Math.min((double) canvas.width / width, (double) canvas.height / height);
            long scaled = ((long) (width * scale)) * ((long) (height * scale));
            long kept = Math.min(scaled, (long) width * height);
            long waste = (long) canvas.width * canvas.height - kept;
            if (kept > bestKept || (kept == bestKept && waste < bestWaste)) {
                best = canvas;
                bestKept = kept;
                bestWaste = waste;
            }
        }
        return best;
    }

    /// The largest size with the picture's proportions that fits the canvas; small pictures grow.
    public static Size resized(int height, int width, Size canvas) {
        double across = (double) canvas.width / width;
        double down = (double) canvas.height / height;
        return across < down
                ? new Size(Math.min((int) Math.ceil(height * across), canvas.height), canvas.width)
                : new Size(canvas.height, Math.min((int) Math.ceil(width * down), canvas.width));
    }

    /// The picture resized and centred on a black canvas; the odd pixel of padding goes right and below.
    public static RgbImage onCanvas(RgbImage image, Size canvas, Resampler.Filter filter) {
        return onCanvas(image, canvas, filter, Resampler.Pieces.IN_TURN);
    }

    static RgbImage onCanvas(RgbImage image, Size canvas, Resampler.Filter filter, Resampler.Pieces pieces) {
        Size size = resized(image.height(), image.width(), canvas);
        RgbImage resized = Resampler.resize(image, size.height, size.width, filter, pieces);
        int top = (canvas.height - size.height) / 2;
        int left = (canvas.width - size.width) / 2;
        return resized.placed(top, left, canvas.height, canvas.width, 0);
    }

    /// The grid of a picture on its canvas.
    ///
    /// Unpadding is integer arithmetic on the picture's original size. It equals the reference's rounded
    /// doubles for all sides up to 3000. Where the padding is odd one padded line more is kept.
    ///
    /// @param tile    side of a tile in pixels; divides the canvas
    /// @param patches patches on each side of a tile
    public static Grid grid(int height, int width, Size canvas, int tile, int patches) {
        int tileRows = canvas.height / tile;
        int tileCols = canvas.width / tile;
        int rows = tileRows * patches;
        int cols = tileCols * patches;
        if ((long) width * rows > (long) cols * height) {
            int crop = (rows - (int) ((long) height * cols / width)) / 2;
            return new Grid(tileRows, tileCols, patches, crop, 0, rows - 2 * crop, cols, height, width);
        }
        int crop = (cols - (int) ((long) width * rows / height)) / 2;
        return new Grid(tileRows, tileCols, patches, 0, crop, rows, cols - 2 * crop, height, width);
    }
}
