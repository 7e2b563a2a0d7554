package dev.fovea.eval.run;

/// Hears how far a run is; called from several threads, one at a time.
public interface EvaluationListener {
    /// Hears nothing.
    EvaluationListener NONE = (done, total, what) -> {};

    /// @param done  answers that are in the journal
    /// @param total answers that the run will have
    /// @param what  the picture that was just finished
    void progress(long done, long total, String what);
}
