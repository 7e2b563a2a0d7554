package dev.fovea.engine.reduce;

import java.util.Map;

/// The model as it was trained: every visual token.
public final class NoReduction implements TokenReduction {
    @Override
    public String name() {
        return "none";
    }

    @Override
    public Map<String, Object> settings() {
        return Map.of();
    }
}
