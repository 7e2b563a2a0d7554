package dev.fovea.engine.family;

import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.TensorEntry;
import dev.fovea.kernel.Matrix;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Tensors by name with their shapes checked; knows which of them nobody has asked for.
final class NamedTensors {
    private static final int LISTED = 12;

    private final Map<String, TensorEntry> tensors;
    private final Path place;
    private final Set<String> unread;

    /// @param place   the file or directory, for messages
    /// @param ignored names that need not be read
    NamedTensors(Map<String, TensorEntry> tensors, Path place, Predicate<String> ignored) {
        this.tensors = tensors;
        this.place = place;
        this.unread = new TreeSet<>(tensors.keySet());
        unread.removeIf(ignored);
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    Matrix matrix(String name, int rows, int cols) {
        TensorEntry entry = entry(name);
        Matrix matrix = entry.matrix();
        if (matrix.rows() != rows || matrix.cols() != cols) {
            throw wrongShape(entry, "[" + rows + ", " + cols + "]");
        }
        return matrix;
    }

    float[] vector(String name, int size) {
        TensorEntry entry = entry(name);
        if (entry.elements() != size) {
            throw wrongShape(entry, size + " numbers");
        }
        return entry.floats();
    }

    TensorEntry entry(String name) {
        TensorEntry entry = tensors.get(name);
        if (entry == null) {
            throw new ModelFormatException(place, "tensor " + name, "no such tensor");
        }
        unread.remove(name);
        return entry;
    }

    private static ModelFormatException wrongShape(TensorEntry entry, String expected) {
        return new ModelFormatException(
                entry.file(), "tensor " + entry.name() + " " + expected, "shape " + Arrays.toString(entry.shape()));
    }

    /// Fails when a tensor was neither read nor is known to be obsolete, listing them.
    void requireAllRead() {
        if (!unread.isEmpty()) {
            List<String> listed = unread.stream().limit(LISTED).toList();
            throw new ModelFormatException(
                    place,
                    "only tensors that the config explains",
                    unread.size() + " more: " + String.join(", ", listed) + (unread.size() > LISTED ? ", …" : ""));
        }
    }
}
