package dev.fovea.kernel;

/// Which keys a query row may see.
public sealed interface Visible {
    /// Every key; vision towers.
    record Full() implements Visible {}

    /// Query row `r` sees keys `0 … before + r`; decoders. `before` counts the keys that precede the first
    /// query row.
    record Causal(int before) implements Visible {}

    /// How many of `keys` keys query row `row` sees.
    default int keys(int row, int keys) {
        return switch (this) {
            case Full _ -> keys;
            case Causal(int before) -> Math.min(keys, before + row + 1);
        };
    }
}
