package dev.fovea.eval.run;

import dev.fovea.engine.ModelSource;
import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `run.json`: what a directory's answers are answers to. A run goes on only where it is the same.
///
/// Models are told apart by their config and by the names and sizes of their files, GGUF files by their first
/// bytes, which hold the config: hashing weights of many gigabytes at every start would cost more than it saves.
final class RunFile {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /// Of a GGUF file: more than the keys of its config, which come first.
    private static final int HEAD_BYTES = 1 << 20;

    private final Path file;
    private final ObjectNode content;

    private RunFile(Path file, ObjectNode content) {
        this.file = file;
        this.content = content;
    }

    /// Reads the file of a directory, or begins one.
    static RunFile open(Path directory) {
        Path file = directory.resolve("run.json");
        try {
            if (!Files.exists(file)) {
                return new RunFile(file, MAPPER.createObjectNode());
            }
            JsonNode node = MAPPER.readTree(Files.readString(file));
            if (!(node instanceof ObjectNode content)) {
                throw new IllegalArgumentException(file + ": expected a JSON object, found " + node.getNodeType());
            }
            return new RunFile(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sets a value, or requires that it is what it was.
    void require(String name, String value) {
        JsonNode before = content.path(name);
        if (before.isMissingNode()) {
            content.put(name, value);
        } else if (!before.isString() || !before.stringValue().equals(value)) {
            throw new IllegalArgumentException(file + ": " + name + ": expected " + before
                    + ", of which the directory holds answers, found \"" + value
                    + "\"; choose another --out or remove this one");
        }
    }

    /// Writes it beside, then moves it into place.
    void save() {
        Path beside = file.resolveSibling("run.json.part");
        try {
            Files.writeString(beside, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(content) + "\n");
            Files.move(beside, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Tells one task's questions from another's.
    static String digest(Task task) {
        MessageDigest sha = sha256();
        for (Sample sample : task.samples()) {
            // Maps without an order of their own iterate differently in every process.
            String labels = new TreeMap<>(sample.labels()).toString();
            List<Object> fields = List.of(
                    sample.id(),
                    sample.group(),
                    sample.image(),
                    sample.question(),
                    sample.answers(),
                    sample.options(),
                    sample.evidence(),
                    labels);
            sha.update(fields.toString().getBytes(StandardCharsets.UTF_8));
        }
        return task.name() + " of " + task.samples().size() + " questions " + hex(sha);
    }

    /// Tells one model from another.
    ///
    /// @param chat the conversation format it is asked in; empty for its own
    static String digest(ModelSource model, Optional<String> chat) {
        StringBuilder text = new StringBuilder(digest(model.model()));
        model.projector().ifPresent(file -> text.append(" with ").append(digest(file)));
        model.weights().ifPresent(format -> text.append(" in ").append(format));
        chat.ifPresent(format -> text.append(" asked as ").append(format));
        return text.toString();
    }

    private static String digest(Path model) {
        try {
            return Files.isDirectory(model) ? directory(model) : file(model);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String file(Path model) throws IOException {
        MessageDigest sha = sha256();
        sha.update((model.getFileName() + " " + Files.size(model)).getBytes(StandardCharsets.UTF_8));
        try (InputStream in = Files.newInputStream(model)) {
            sha.update(in.readNBytes(HEAD_BYTES));
        }
        return hex(sha);
    }

    private static String directory(Path model) throws IOException {
        MessageDigest sha = sha256();
        TreeSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(model, Files::isRegularFile)) {
            for (Path one : files) {
                names.add(one.getFileName() + " " + Files.size(one));
            }
        }
        sha.update(String.join("\n", names).getBytes(StandardCharsets.UTF_8));
        Path config = model.resolve("config.json");
        if (Files.isRegularFile(config)) {
            sha.update(Files.readAllBytes(config));
        }
        return hex(sha);
    }

    private static String hex(MessageDigest sha) {
        return HexFormat.of().formatHex(sha.digest(), 0, 8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
