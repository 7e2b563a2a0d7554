package dev.fovea.engine;

import dev.fovea.engine.family.VlmConfig;

/// How far two correct f32 evaluations of the same model may lie apart.
///
/// A sum of `n` products carries a relative error of at most `n` roundings of its magnitude; residual blocks add theirs
/// up. So a value of magnitude `m` after `layers` blocks of width `hidden` and `intermediate` may be off by
/// `eps · m · layers · (hidden + intermediate)`; observed errors are far below, since roundings have both signs.
final class ParityTolerance {
    private static final double EPS = Math.ulp(1f) / 2;

    private ParityTolerance() {}

    /// For what the vision tower computes, of magnitude `magnitude`.
    static double vision(VlmConfig config, double magnitude) {
        return EPS
                * magnitude
                * config.vision().layers()
                * (config.vision().hidden() + config.vision().intermediate());
    }

    /// For what the decoder computes from the tower's features.
    static double decoder(VlmConfig config, double magnitude) {
        double text = EPS
                * magnitude
                * config.text().layers()
                * (config.text().hidden() + config.text().intermediate());
        return text + vision(config, magnitude);
    }
}
