package dev.fovea.engine;

/// Abandons a forward pass that the caller no longer wants. Never leaves the package.
final class CancelledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CancelledException() {
        super("cancelled", null, false, false);
    }
}
