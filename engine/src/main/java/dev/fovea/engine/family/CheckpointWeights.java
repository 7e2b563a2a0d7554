package dev.fovea.engine.family;

import dev.fovea.engine.family.Role.Part;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.TensorEntry;
import dev.fovea.kernel.Matrix;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The weights of a checkpoint by role, each checked for its shape when it is read.
final class CheckpointWeights implements WeightSource {
    private static final int LISTED = 12;

    private final Map<String, TensorEntry> tensors;
    private final WeightNames names;
    private final Path directory;
    private final Set<String> unread;

    CheckpointWeights(ModelFiles files) {
        this.tensors = files.tensors();
        this.directory = files.directory();
        this.names = WeightNames.find(tensors.keySet(), EnumSet.of(Part.HEAD, Part.NEWLINE), directory);
        this.unread = new TreeSet<>(tensors.keySet());
        unread.removeIf(WeightNames::ignored);
    }

    @Override
    public boolean has(Role role, int layer) {
        return names.has(role.part()) && tensors.containsKey(names.name(role, layer));
    }

    @Override
    public Matrix matrix(Role role, int layer, int rows, int cols) {
        TensorEntry entry = entry(role, layer);
        Matrix matrix = entry.matrix();
        if (matrix.rows() != rows || matrix.cols() != cols) {
            throw wrongShape(entry, "[" + rows + ", " + cols + "]");
        }
        return matrix;
    }

    @Override
    public float[] vector(Role role, int layer, int size) {
        TensorEntry entry = entry(role, layer);
        if (entry.elements() != size) {
            throw wrongShape(entry, size + " numbers");
        }
        return entry.floats();
    }

    private TensorEntry entry(Role role, int layer) {
        String name = names.has(role.part()) ? names.name(role, layer) : role.name();
        TensorEntry entry = tensors.get(name);
        if (entry == null) {
            throw new ModelFormatException(directory, "tensor " + name, "no such tensor");
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
                    directory,
                    "only tensors that the config explains",
                    unread.size() + " more: " + String.join(", ", listed) + (unread.size() > LISTED ? ", …" : ""));
        }
    }
}
