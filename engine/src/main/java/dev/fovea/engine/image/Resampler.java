package dev.fovea.engine.image;

import java.util.Objects;
import java.util.function.IntConsumer;

/// Pillow's resampler for 8-bit pixels, bit for bit, and PyTorch's antialiased bilinear reduction for floats.
///
/// Both are separable: each output pixel is a weighted sum of input pixels, first along rows, then along columns. When
/// reducing, the filter is stretched by the ratio, so that every input pixel counts (antialiasing). Output lines do not
/// depend on each other, so [Pieces] may share them.
public final class Resampler {
    /// The weight of an input pixel by its distance from the output pixel's centre.
    public enum Filter {
        /// A triangle of radius 1.
        BILINEAR(1),
        /// Keys' cubic of radius 2 with a = -0.5.
        BICUBIC(2);

        private final double radius;

        Filter(double radius) {
            this.radius = radius;
        }

        double at(double distance) {
            double x = Math.abs(distance);
            if (this == BILINEAR) {
                return x < 1 ? 1 - x : 0;
            }
            double a = -0.5;
            if (x < 1) {
                return ((a + 2) * x - (a + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }
    }

    /// Runs pieces of work that do not depend on each other, perhaps several at a time.
    @FunctionalInterface
    public interface Pieces {
        /// One after the other, in the calling thread.
        Pieces IN_TURN = (count, piece) -> {
            for (int i = 0; i < count; i++) {
                piece.accept(i);
            }
        };

        /// Runs pieces `0 … count - 1` and returns when all are done.
        void run(int count, IntConsumer piece);
    }

    /// Lines of a picture that go together: enough that handing them out costs nothing.
    private static final int LINES = 16;

    // Pillow: 32-bit sums of 8-bit samples, two bits kept for weights below 0 and above 1.
    private static final int PRECISION = 22;
    private static final int HALF = 1 << (PRECISION - 1);

    private Resampler() {}

    /// One direction of a resize: `inputs` lines become `outputs`, of which `[begin, end)` are wanted.
    record Axis(int inputs, int outputs, int begin, int end) {
        Axis {
            if (outputs < 1) {
                throw new IllegalArgumentException("resize: expected a size of at least 1, found " + outputs);
            }
            Objects.checkFromToIndex(begin, end, outputs);
        }

        static Axis whole(int inputs, int outputs) {
            return new Axis(inputs, outputs, 0, outputs);
        }

        boolean changes() {
            return inputs != outputs;
        }
    }

    /// The weights of one pass: output `i` sums inputs `first[i] … first[i] + count[i] - 1`.
    ///
    /// @param weights `[outputs, taps]`, fixed point
    /// @param outside `[outputs]`: the sum of the weights that fall on padding
    private record Taps(int[] first, int[] count, int[] weights, int taps, int[] outside) {
        /// As Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc`, in the same order of double operations.
        static Taps of(Axis axis, Filter filter) {
            double scale = (double) axis.inputs / axis.outputs;
            double stretch = Math.max(scale, 1.0);
            double radius = filter.radius * stretch;
            double shrink = 1.0 / stretch;
            int taps = (int) Math.ceil(radius) * 2 + 1;
            int outputs = axis.end - axis.begin;
            int[] first = new int[outputs];
            int[] count = new int[outputs];
            int[] weights = new int[Math.multiplyExact(outputs, taps)];
            double[] k = new double[taps];
            for (int i = 0; i < outputs; i++) {
                double center = (axis.begin + i + 0.5) * scale;
                first[i] = Math.max((int) (center - radius + 0.5), 0);
                count[i] = Math.min((int) (center + radius + 0.5), axis.inputs) - first[i];
                double sum = 0;
                for (int j = 0; j < count[i]; j++) {
                    k[j] = filter.at((j + first[i] - center + 0.5) * shrink);
                    sum += k[j];
                }
                for (int j = 0; j < count[i]; j++) {
                    double w = (sum == 0 ? k[j] : k[j] / sum) * (1 << PRECISION);
                    weights[i * taps + j] = (int) (w < 0 ? w - 0.5 : w + 0.5);
                }
            }
            return new Taps(first, count, weights, taps, new int[outputs]);
        }

        /// The same weights for inputs of which only `inputs` from `begin` on exist, and the rest is padding.
        Taps within(int begin, int inputs) {
            Taps within = new Taps(first.clone(), count.clone(), weights.clone(), taps, outside.clone());
            for (int i = 0; i < first.length; i++) {
                int from = Math.clamp(begin, first[i], first[i] + count[i]);
                int to = Math.clamp(begin + inputs, first[i], first[i] + count[i]);
                int row = i * taps;
                for (int j = 0; j < count[i]; j++) {
                    boolean padding = first[i] + j < from || first[i] + j >= to;
                    within.outside[i] += padding ? weights[row + j] : 0;
                }
                System.arraycopy(weights, row + from - first[i], within.weights, row, to - from);
                within.first[i] = from - begin;
                within.count[i] = to - from;
            }
            return within;
        }

        /// Past the last input that any output reads.
        int end() {
            int last = first.length - 1;
            return first[last] + count[last];
        }
    }

    /// As `Image.resize((width, height), filter)`. A pass whose size does not change is skipped.
    public static RgbImage resize(RgbImage image, int height, int width, Filter filter) {
        return resize(image, height, width, filter, Pieces.IN_TURN);
    }

    static RgbImage resize(RgbImage image, int height, int width, Filter filter, Pieces pieces) {
        return resize(image, Axis.whole(image.height(), height), Axis.whole(image.width(), width), filter, pieces);
    }

    /// A window of the resized picture, without computing the rest.
    static RgbImage resize(RgbImage image, Axis down, Axis across, Filter filter, Pieces pieces) {
        int height = down.end - down.begin;
        int width = across.end - across.begin;
        if (!down.changes()) {
            return new RgbImage(alongRows(image, down.begin, down.end, across, filter, pieces), height, width);
        }
        // The first pass makes only the rows that the second will read.
        Taps taps = Taps.of(down, filter);
        byte[] rows = alongRows(image, taps.first[0], taps.end(), across, filter, pieces);
        return new RgbImage(alongColumns(rows, 3 * width, taps.first[0], taps, 0, pieces), height, width);
    }

    /// The picture centred on a square of its longer side and resized; the odd pixel of padding goes right and below.
    ///
    /// Equal to resizing the padded square, which is never made: for a long picture it would be enormous. Rows of
    /// padding alone keep their colour, because rounded weights sum to 1 within half a level for any reduction by
    /// less than 4000.
    ///
    /// @param color `0xRRGGBB` of the padding
    static RgbImage resizeSquared(RgbImage image, int size, int color, Filter filter, Pieces pieces) {
        Axis axis = Axis.whole(Math.max(image.height(), image.width()), size);
        int top = (axis.inputs - image.height()) / 2;
        int left = (axis.inputs - image.width()) / 2;
        if (!axis.changes()) {
            return image.placed(top, left, size, size, color);
        }
        Taps taps = Taps.of(axis, filter);
        byte[] rows = alongRows(image, 0, image.height(), taps.within(left, image.width()), color, pieces);
        Taps down = taps.within(top, image.height());
        return new RgbImage(alongColumns(rows, 3 * size, 0, down, color, pieces), size, size);
    }

    // Rows `[begin, end)` of the image with their width resized: [end - begin, across.end - across.begin, 3]
    private static byte[] alongRows(RgbImage image, int begin, int end, Axis across, Filter filter, Pieces pieces) {
        return across.changes()
                ? alongRows(image, begin, end, Taps.of(across, filter), 0, pieces)
                : image.crop(begin, across.begin, end - begin, across.end - across.begin)
                        .rgb();
    }

    // [end - begin, outputs, 3]
    private static byte[] alongRows(RgbImage image, int begin, int end, Taps taps, int color, Pieces pieces) {
        int stride = 3 * taps.first.length;
        byte[] out = new byte[Math.multiplyExact(end - begin, stride)];
        pieces.run(Math.ceilDiv(end - begin, LINES), piece -> {
            for (int line = piece * LINES; line < Math.min((piece + 1) * LINES, end - begin); line++) {
                alongRow(image.rgb(), 3 * (begin + line) * image.width(), taps, color, out, line * stride);
            }
        });
        return out;
    }

    private static void alongRow(byte[] in, int row, Taps taps, int color, byte[] out, int outRow) {
        int to = outRow;
        for (int x = 0; x < taps.first.length; x++, to += 3) {
            int at = row + 3 * taps.first[x];
            int w = x * taps.taps;
            int red = HALF + taps.outside[x] * (color >> 16);
            int green = HALF + taps.outside[x] * (color >> 8 & 0xff);
            int blue = HALF + taps.outside[x] * (color & 0xff);
            for (int last = w + taps.count[x]; w < last; w++, at += 3) {
                int weight = taps.weights[w];
                red += (in[at] & 0xff) * weight;
                green += (in[at + 1] & 0xff) * weight;
                blue += (in[at + 2] & 0xff) * weight;
            }
            out[to] = clip(red);
            out[to + 1] = clip(green);
            out[to + 2] = clip(blue);
        }
    }

    // in [rows from `begin` on, stride] to [outputs, stride]
    private static byte[] alongColumns(byte[] in, int stride, int begin, Taps taps, int color, Pieces pieces) {
        int outputs = taps.first.length;
        byte[] out = new byte[Math.multiplyExact(outputs, stride)];
        pieces.run(Math.ceilDiv(outputs, LINES), piece -> {
            int[] sums = new int[stride];
            for (int y = piece * LINES; y < Math.min((piece + 1) * LINES, outputs); y++) {
                for (int c = 0; c < 3; c++) {
                    int padding = taps.outside[y] * (color >> (16 - 8 * c) & 0xff);
                    for (int x = c; x < stride; x += 3) {
                        sums[x] = HALF + padding;
                    }
                }
                for (int j = 0; j < taps.count[y]; j++) {
                    int line = (taps.first[y] - begin + j) * stride;
                    addWeighted(in, line, taps.weights[y * taps.taps + j], sums);
                }
                for (int x = 0; x < stride; x++) {
                    out[y * stride + x] = clip(sums[x]);
                }
            }
        });
        return out;
    }

    private static void addWeighted(byte[] in, int at, int weight, int[] sums) {
        for (int x = 0; x < sums.length; x++) {
            sums[x] += (in[at + x] & 0xff) * weight;
        }
    }

    private static byte clip(int sum) {
        return (byte) Math.clamp(sum >> PRECISION, 0, 255);
    }

    /// PyTorch's `interpolate(mode="bilinear", antialias=True, align_corners=False)` on float32, up to the rounding of
    /// sums: the weights are the same floats, but PyTorch orders and fuses additions in its own way.
    ///
    /// @param chw `[channels, height, width]`
    /// @return `[channels, outHeight, outWidth]`
    public static float[] bilinearAntialias(
            float[] chw, int channels, int height, int width, int outHeight, int outWidth) {
        return bilinearAntialias(chw, channels, height, width, outHeight, outWidth, Pieces.IN_TURN);
    }

    static float[] bilinearAntialias(
            float[] chw, int channels, int height, int width, int outHeight, int outWidth, Pieces pieces) {
        if (chw.length != (long) channels * height * width || outHeight < 1 || outWidth < 1) {
            throw new IllegalArgumentException("[" + channels + ", " + height + ", " + width + "] to " + outHeight
                    + " x " + outWidth + ": found " + chw.length + " floats");
        }
        FloatTaps across = FloatTaps.of(width, outWidth);
        FloatTaps down = FloatTaps.of(height, outHeight);
        float[] out = new float[Math.multiplyExact(channels * outHeight, outWidth)];
        pieces.run(channels, c -> {
            float[] narrow = new float[height * outWidth]; // [height, outWidth], one channel
            across.alongRows(chw, c * height * width, height, width, narrow);
            down.alongColumns(narrow, outWidth, out, c * outHeight * outWidth);
        });
        return out;
    }
}
