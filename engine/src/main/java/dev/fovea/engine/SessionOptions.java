package dev.fovea.engine;

import dev.fovea.engine.reduce.NoReduction;
import dev.fovea.engine.reduce.TokenReduction;

/// What a session does to visual tokens and how much it can hold.
///
/// @param contextLength positions at most, visual tokens included; 0 for what the model was made for, at most
///                      [#DEFAULT_CONTEXT]
public record SessionOptions(TokenReduction reduction, int contextLength) {
    /// Positions of a session that asks for none: room for three full images.
    static final int DEFAULT_CONTEXT = 16384;

    public SessionOptions {
        if (contextLength < 0) {
            throw new IllegalArgumentException("context length: expected at least 0, found " + contextLength);
        }
    }

    /// All visual tokens and the default context.
    public static SessionOptions standard() {
        return of(new NoReduction());
    }

    /// A method and the default context.
    public static SessionOptions of(TokenReduction reduction) {
        return new SessionOptions(reduction, 0);
    }
}
