package dev.fovea.engine.file;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// `model.safetensors.index.json`: which shard of a checkpoint holds which tensor.
record ShardIndex(Path file, Map<String, String> shardOf) {
    private static final int MAX_SHARDS = 4096;

    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+=@-]*\\.safetensors");

    /// The limit of common file systems.
    private static final int MAX_FILE_NAME_CHARS = 255;

    /// Reads and checks the index; shards are plain names of safetensors files beside it.
    static ShardIndex read(Path file) {
        JsonNode map = Json.read(file).path("weight_map");
        if (!map.isObject()) {
            throw new ModelFormatException(file, "weight_map as an object", Json.kind(map));
        }
        Map<String, String> shardOf = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            JsonNode shard = entry.getValue();
            if (!shard.isString() || !isPlainName(shard.stringValue())) {
                throw new ModelFormatException(
                        file,
                        "the shard of " + entry.getKey() + " as the name of a .safetensors file in the same directory",
                        shard.toString());
            }
            shardOf.put(entry.getKey(), shard.stringValue());
        }
        return new ShardIndex(file, shardOf);
    }

    /// Opens every shard and returns all tensors; the index and the shards must tell the same story.
    Map<String, TensorEntry> open(Arena arena) {
        TreeSet<String> shards = new TreeSet<>(shardOf.values());
        if (shards.isEmpty() || shards.size() > MAX_SHARDS) {
            throw new ModelFormatException(file, "1 to " + MAX_SHARDS + " shards", shards.size() + "");
        }
        Map<String, TensorEntry> tensors = new TreeMap<>();
        for (String shard : shards) {
            addShard(SafetensorsFile.open(file.resolveSibling(shard), arena), shard, tensors);
        }
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, String> entry : shardOf.entrySet()) {
            if (!tensors.containsKey(entry.getKey())) {
                missing.add(entry.getKey() + " (" + entry.getValue() + ")");
            }
        }
        if (!missing.isEmpty()) {
            throw new ModelFormatException(
                    file, "every tensor of weight_map in its shard", "no " + Excerpt.list(missing));
        }
        return tensors;
    }

    private void addShard(SafetensorsFile opened, String shard, Map<String, TensorEntry> tensors) {
        List<String> unlisted = new ArrayList<>();
        for (TensorEntry tensor : opened.tensors().values()) {
            TensorEntry other = tensors.putIfAbsent(tensor.name(), tensor);
            if (other != null) {
                throw new ModelFormatException(
                        opened.file(), "each tensor in one shard", tensor.name() + " also in " + other.file());
            }
            if (!shard.equals(shardOf.get(tensor.name()))) {
                unlisted.add(tensor.name());
            }
        }
        if (!unlisted.isEmpty()) {
            throw new ModelFormatException(
                    opened.file(),
                    "only tensors that weight_map of " + file.getFileName() + " places here",
                    "also " + Excerpt.list(unlisted));
        }
    }

    /// Whether `name` can only mean a file beside the index: no separators, no drive, nothing a file system may refuse.
    private static boolean isPlainName(String name) {
        return name.length() <= MAX_FILE_NAME_CHARS && PLAIN_NAME.matcher(name).matches();
    }
}
