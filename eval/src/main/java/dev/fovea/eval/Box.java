package dev.fovea.eval;

/// A rectangle of a picture in its pixels, `[left, right)` by `[top, bottom)`.
public record Box(double left, double top, double right, double bottom) {
    public Box {
        if (!(left <= right && top <= bottom && left >= 0 && top >= 0 && right < 1e6 && bottom < 1e6)) {
            throw new IllegalArgumentException("box: expected 0 <= left <= right and 0 <= top <= bottom, found " + left
                    + ", " + top + ", " + right + ", " + bottom);
        }
    }
}
