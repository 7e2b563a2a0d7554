package dev.fovea.kernel;

/// Cosines and sines of rotary position embedding, one row per position.
///
/// Pairing is HALF (NeoX): within a head, element `i` is rotated with element `i + cols`. Elements from `2 * cols` on
/// stay.
///
/// @param cos `[positions, rotaryDims / 2]`
/// @param sin `[positions, rotaryDims / 2]`
public record RotaryTable(Tensor cos, Tensor sin) {
    public RotaryTable {
        if (cos.rows() != sin.rows() || cos.cols() != sin.cols()) {
            throw new IllegalArgumentException("cos " + cos + ", sin " + sin);
        }
    }
}
