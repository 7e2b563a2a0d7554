package dev.fovea.engine.text;

import dev.fovea.kernel.KeyValues;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/// What a hook wants of the layer that is about to run.
///
/// @param keepRows rows of the current pass that go on, ascending, or null for all; prefill only. Dropped rows are gone
///                 for this and all later layers
/// @param extra    rotated keys and values that the last row sees besides the cache, or null for none
/// @param hidden   prompt positions whose keys no row sees in this layer, or null for none; slow, for checking
public record LayerPlan(
        int @Nullable [] keepRows,
        @Nullable KeyValues extra,
        @Nullable BitSet hidden) {
    /// Nothing special.
    public static final LayerPlan ALL = new LayerPlan(null, null, null);
}
