package dev.fovea.engine.family;

import dev.fovea.engine.Checkpoints;
import dev.fovea.engine.file.ModelFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A checkpoint's JSON files in a temporary folder, to be changed one key at a time and read again.
record ConfigFolder(Path folder) {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    /// Copies the JSON files of a small checkpoint into `folder`, without its weights.
    static ConfigFolder of(String checkpoint, Path folder) {
        return of(Checkpoints.named(checkpoint), folder);
    }

    static ConfigFolder of(Path checkpoint, Path folder) {
        try (var files = Files.walk(checkpoint)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith("config.json")).toList()) {
                Path copy = folder.resolve(checkpoint.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ConfigFolder(folder);
    }

    /// A folder whose `config.json` is `json` and that has nothing else.
    static ConfigFolder with(String json, Path folder) {
        return new ConfigFolder(folder).write("config.json", json);
    }

    ConfigFolder write(String name, String json) {
        try {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.writeString(folder.resolve(name), json);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ConfigFolder delete(String name) {
        try {
            Files.delete(folder.resolve(name));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ConfigFolder change(String name, Consumer<ObjectNode> change) {
        ObjectNode tree = (ObjectNode) MAPPER.readTree(folder.resolve(name));
        change.accept(tree);
        return write(name, tree.toPrettyString());
    }

    /// Sets `config.json`'s value at a dotted path to `json`, or removes it if that is empty.
    ConfigFolder set(String path, String json) {
        return set("config.json", path, json);
    }

    ConfigFolder set(String name, String path, String json) {
        return change(name, tree -> {
            String[] keys = path.split("\\.", -1);
            ObjectNode parent = tree;
            for (int i = 0; i < keys.length - 1; i++) {
                parent = parent.withObjectProperty(keys[i]);
            }
            if (json.isEmpty()) {
                parent.remove(keys[keys.length - 1]);
            } else {
                parent.set(keys[keys.length - 1], MAPPER.readTree(json));
            }
        });
    }

    VlmConfig read() {
        return VlmConfig.read(ModelFiles.openWithoutWeights(folder));
    }
}
