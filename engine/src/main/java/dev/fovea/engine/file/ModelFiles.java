package dev.fovea.engine.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// A checkpoint directory as Hugging Face lays it out: `config.json`, further JSON files, safetensors weights.
public final class ModelFiles {
    private static final String CONFIG = "config.json";
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    private final Path directory;
    private final SmallFiles small;
    private final JsonNode config;
    private final Optional<Map<String, TensorEntry>> tensors;

    private ModelFiles(Path directory, SmallFiles small, JsonNode config, Optional<Map<String, TensorEntry>> tensors) {
        this.directory = directory;
        this.small = small;
        this.config = config;
        this.tensors = tensors;
    }

    /// Reads the config and maps the weights of the checkpoint in `directory` until `arena` closes.
    public static ModelFiles open(Path directory, Arena arena) {
        requireDirectory(directory);
        SmallFiles small = SmallFiles.in(directory);
        JsonNode config = readConfig(small);
        return new ModelFiles(
                directory, small, config, Optional.of(Collections.unmodifiableMap(openWeights(directory, arena))));
    }

    /// Reads the config alone; the weights may be absent and [#tensors] must not be called.
    public static ModelFiles openWithoutWeights(Path directory) {
        requireDirectory(directory);
        SmallFiles small = SmallFiles.in(directory);
        return new ModelFiles(directory, small, readConfig(small), Optional.empty());
    }

    /// The checkpoint that a GGUF file of Fovea's own carries: its tensors, and copies of its small files.
    public static ModelFiles open(GgufFile file) {
        SmallFiles small = SmallFiles.in(file.metadata());
        return new ModelFiles(file.file(), small, readConfig(small), Optional.of(file.tensors()));
    }

    /// Whether a GGUF file is one that [#open] takes.
    public static boolean isWhole(GgufFile file) {
        return SmallFiles.in(file.metadata()).has(CONFIG);
    }

    /// The directory, or the file that stands for it.
    public Path directory() {
        return directory;
    }

    /// The tree of `config.json`, an object.
    public JsonNode config() {
        return config;
    }

    /// Where the config came from, for messages.
    public Path configFile() {
        return directory.resolve(CONFIG);
    }

    /// The tree of a further JSON file, such as `generation_config.json`, if the checkpoint has it.
    public Optional<JsonNode> json(String fileName) {
        return small.has(fileName) ? Optional.of(json(small, fileName)) : Optional.empty();
    }

    /// The files beside the weights.
    public SmallFiles small() {
        return small;
    }

    /// Every tensor of the checkpoint by name, sorted.
    public Map<String, TensorEntry> tensors() {
        return tensors.orElseThrow(() -> new IllegalStateException(directory + " was opened without weights"));
    }

    private static JsonNode json(SmallFiles small, String name) {
        return Json.parse(small.read(name, Json.MAX_BYTES), small.path(name));
    }

    private static void requireDirectory(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new ModelFormatException(
                    directory, "a checkpoint directory", Files.exists(directory) ? "a file" : "nothing of that name");
        }
    }

    private static JsonNode readConfig(SmallFiles small) {
        JsonNode config = json(small, CONFIG);
        if (!config.isObject()) {
            throw new ModelFormatException(small.path(CONFIG), "a JSON object", Json.kind(config));
        }
        return config;
    }

    /// One file is preferred to an index, as in the reference.
    private static Map<String, TensorEntry> openWeights(Path directory, Arena arena) {
        Path single = directory.resolve(SINGLE);
        if (Files.exists(single)) {
            return SafetensorsFile.open(single, arena).tensors();
        }
        Path index = directory.resolve(INDEX);
        if (Files.exists(index)) {
            return ShardIndex.read(index).open(arena);
        }
        Optional<Path> pickle = pickle(directory);
        if (pickle.isPresent()) {
            throw new UnsupportedModelException(
                    directory,
                    "weights as a PyTorch pickle, " + pickle.get().getFileName(),
                    "safetensors (" + SINGLE + " or " + INDEX + ")");
        }
        throw new ModelFormatException(directory, SINGLE + " or " + INDEX, "neither");
    }

    private static Optional<Path> pickle(Path directory) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.{bin,pth,pt}")) {
            for (Path file : files) {
                return Optional.of(file);
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new ModelFormatException(directory, "a readable directory", String.valueOf(e.getMessage()), e);
        }
    }
}
