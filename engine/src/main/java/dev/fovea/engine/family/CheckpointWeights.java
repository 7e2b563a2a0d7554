package dev.fovea.engine.family;

import dev.fovea.engine.family.Role.Part;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import java.util.EnumSet;

/// The weights of a checkpoint by role, each checked for its shape when it is read.
final class CheckpointWeights implements WeightSource {
    private final NamedTensors tensors;
    private final WeightNames names;

    CheckpointWeights(ModelFiles files) {
        this.names = names(files);
        this.tensors = new NamedTensors(files.tensors(), files.directory(), WeightNames::ignored);
    }

    static WeightNames names(ModelFiles files) {
        return WeightNames.find(files.tensors().keySet(), EnumSet.of(Part.HEAD, Part.NEWLINE), files.directory());
    }

    @Override
    public boolean has(Role role, int layer) {
        return names.has(role.part()) && tensors.has(names.name(role, layer));
    }

    @Override
    public Matrix matrix(Role role, int layer, int rows, int cols) {
        return tensors.matrix(name(role, layer), rows, cols);
    }

    @Override
    public float[] vector(Role role, int layer, int size) {
        return tensors.vector(name(role, layer), size);
    }

    @Override
    public Format stored(Role role) {
        return tensors.entry(name(role, 0)).format();
    }

    private String name(Role role, int layer) {
        return names.has(role.part()) ? names.name(role, layer) : role.name();
    }

    @Override
    public void requireAllRead() {
        tensors.requireAllRead();
    }
}
