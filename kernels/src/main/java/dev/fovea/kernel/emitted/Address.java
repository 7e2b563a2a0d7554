package dev.fovea.kernel.emitted;

/// A place in memory, `base + scale · index + disp`; the four bytes there are repeated in every lane if `one`.
///
/// @param index a general register, or [#NONE]
public record Address(int base, int index, int scale, int disp, boolean one) {
    public static final int NONE = -1;

    public static Address at(int base, int disp) {
        return new Address(base, NONE, 1, disp, false);
    }

    /// Four bytes, repeated in every lane.
    public static Address each(int base, int disp) {
        return new Address(base, NONE, 1, disp, true);
    }

    public Address plus(int index, int scale) {
        return new Address(base, index, scale, disp, one);
    }

    /// `bytes` further on.
    public Address next(int bytes) {
        return new Address(base, index, scale, disp + bytes, one);
    }
}
