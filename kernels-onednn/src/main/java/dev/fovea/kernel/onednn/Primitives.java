package dev.fovea.kernel.onednn;

import dev.fovea.kernel.onednn.Primitive.Refused;
import dev.fovea.kernel.onednn.Primitive.Shape;
import dev.fovea.kernel.onednn.Primitive.Types;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.Set;

/// The primitives of one arithmetic that were used last. Compiling one takes about a millisecond.
///
/// For one thread at a time.
final class Primitives implements AutoCloseable {
    /// A model uses two for each depth of its layers and two more for each number of rows; no call more than four.
    private static final int MOST = 64;

    private static final System.Logger LOG = System.getLogger(Primitives.class.getName());

    private final Dnnl dnnl;
    private final Types types;
    private final int threads;
    private final LinkedHashMap<Shape, Primitive> primitives = new LinkedHashMap<>(16, 0.75f, true); // oldest first
    private final Set<Shape> refused = new HashSet<>();

    Primitives(Dnnl dnnl, Types types, int threads) {
        this.dnnl = dnnl;
        this.types = types;
        this.threads = threads;
    }

    /// Empty where the library has no good one; says so once.
    Optional<Primitive> of(Shape shape) {
        if (refused.contains(shape)) {
            return Optional.empty();
        }
        Primitive known = primitives.get(shape);
        if (known != null) {
            return Optional.of(known);
        }
        try {
            Primitive made = Primitive.create(dnnl, shape, types, threads);
            primitives.put(shape, made);
            if (primitives.size() > MOST) {
                primitives.pollFirstEntry().getValue().close();
            }
            return Optional.of(made);
        } catch (Refused e) {
            LOG.log(Level.WARNING, "onednn: {0}; such products run in f32 with vectors", e.getMessage());
            refused.add(shape);
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        primitives.values().forEach(Primitive::close);
        primitives.clear();
    }
}
