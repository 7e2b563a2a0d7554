package dev.fovea.engine.text;

import dev.fovea.kernel.KeyValues;
import org.jspecify.annotations.Nullable;

/// What a hook wants of the layer that is about to run.
///
/// @param keepRows rows of the current pass that go on, ascending, or null for all; prefill only. Dropped rows are gone
///                 for this and all later layers
/// @param extra    rotated keys and values that the last row sees besides the cache, or null for none
public record LayerPlan(int @Nullable [] keepRows, @Nullable KeyValues extra) {
    /// Nothing special.
    public static final LayerPlan ALL = new LayerPlan(null, null);
}
