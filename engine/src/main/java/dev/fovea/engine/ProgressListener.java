package dev.fovea.engine;

/// Watches a request; called from the session's thread.
@FunctionalInterface
public interface ProgressListener {
    /// Ignores everything.
    ProgressListener NONE = (_, _, _) -> {};

    /// @param done  units of the stage that are done: images, layers or tokens
    /// @param total units of the stage
    void progress(Stage stage, int done, int total);
}
