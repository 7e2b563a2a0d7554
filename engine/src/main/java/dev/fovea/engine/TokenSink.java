package dev.fovea.engine;

/// Receives an answer as it is made.
@FunctionalInterface
public interface TokenSink {
    /// Ignores everything.
    TokenSink NONE = _ -> true;

    /// Returns false to stop after this token.
    boolean accept(GeneratedToken token);
}
