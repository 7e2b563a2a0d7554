package dev.fovea.engine.image.codec;

/// What a frame smaller than its picture is placed on.
final class Canvas {
    private final byte[] rgb; // [height, width, 3]
    private final int height;
    private final int width;

    Canvas(int height, int width, int fill) {
        this.height = height;
        this.width = width;
        this.rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))];
        if (fill != 0) {
            for (int i = 0; i < rgb.length; i += 3) {
                rgb[i] = (byte) (fill >> 16);
                rgb[i + 1] = (byte) (fill >> 8);
                rgb[i + 2] = (byte) fill;
            }
        }
    }

    /// @param frame `[frame height, frameWidth, 3]`, all of it inside the canvas
    void paste(byte[] frame, int frameWidth, int top, int left) {
        int rows = frame.length / (3 * frameWidth);
        for (int y = 0; y < rows; y++) {
            System.arraycopy(frame, 3 * frameWidth * y, rgb, 3 * ((top + y) * width + left), 3 * frameWidth);
        }
    }

    byte[] rgb() {
        return rgb;
    }

    @Override
    public String toString() {
        return "Canvas[" + height + ", " + width + ", 3]";
    }
}
