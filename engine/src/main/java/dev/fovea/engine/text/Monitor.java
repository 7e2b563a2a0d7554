package dev.fovea.engine.text;

/// Watches a forward pass; may throw to abandon it, after which the caller forgets what the pass had cached.
@FunctionalInterface
public interface Monitor {
    /// Called before each layer.
    void layer(int layer, int layers);
}
