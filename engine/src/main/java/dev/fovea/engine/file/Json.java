package dev.fovea.engine.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads the JSON files of a checkpoint, which are untrusted.
public final class Json {
    /// The largest `tokenizer.json` in use has some tens of megabytes.
    private static final long MAX_BYTES = 256L << 20;

    private static final int MAX_DEPTH = 200;
    private static final int MAX_STRING = 16 << 20;

    private Json() {}

    /// The content of the file.
    ///
    /// @throws ModelFormatException if it cannot be read, is too large or too deep, or is not JSON
    public static JsonNode read(Path file) {
        try {
            long bytes = Files.size(file);
            if (bytes > MAX_BYTES) {
                throw new ModelFormatException(file, "at most " + MAX_BYTES + " bytes", bytes + " bytes");
            }
            return mapper().readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw new ModelFormatException(file, "JSON", e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new ModelFormatException(file, "a readable file", e.toString(), e);
        }
    }

    private static JsonMapper mapper() {
        StreamReadConstraints limits = StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxStringLength(MAX_STRING)
                .build();
        return JsonMapper.builder(
                        JsonFactory.builder().streamReadConstraints(limits).build())
                .build();
    }
}
