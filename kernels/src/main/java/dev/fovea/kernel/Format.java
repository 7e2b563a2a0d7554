package dev.fovea.kernel;

/// How the numbers of a [Matrix] or of [KeyValues] are stored. All formats are little-endian.
public enum Format {
    /// IEEE binary32.
    F32(4),
    /// IEEE binary16.
    F16(2),
    /// The upper half of an IEEE binary32.
    BF16(2);

    private final int elementBytes;

    Format(int elementBytes) {
        this.elementBytes = elementBytes;
    }

    /// Bytes that `elements` consecutive numbers of a row occupy.
    public long bytes(long elements) {
        return Math.multiplyExact(elements, elementBytes);
    }
}
