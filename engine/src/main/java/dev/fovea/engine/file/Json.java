package dev.fovea.engine.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// JSON files of unknown origin, read whole into a tree within fixed limits.
///
/// UTF-8 only; duplicate keys, trailing text and anything past a limit are a [ModelFormatException].
public final class Json {
    /// The largest file that is read; the tokenizers of current models stay below 40 MB.
    public static final long MAX_BYTES = 256L << 20;

    /// Tokenizer files nest 8 deep.
    static final int MAX_DEPTH = 64;

    /// Normalizer tables come as one base64 string of some hundred kilobytes.
    static final int MAX_STRING_CHARS = 1 << 24;

    static final int MAX_NAME_CHARS = 1 << 16;
    static final int MAX_NUMBER_CHARS = 256;

    /// A tree costs up to some 80 bytes a token; a vocabulary of 262 144 with as many merges has 2.7 million tokens.
    static final long MAX_TOKENS = 4_000_000;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(MAX_BYTES)
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_STRING_CHARS)
                            .maxNameLength(MAX_NAME_CHARS)
                            .maxNumberLength(MAX_NUMBER_CHARS)
                            .maxTokenCount(MAX_TOKENS)
                            .build())
                    .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /// The tree of the JSON file `file`.
    public static JsonNode read(Path file) {
        return parse(bytes(file, MAX_BYTES), file);
    }

    /// The tree of `utf8`, which came from `file`.
    public static JsonNode parse(byte[] utf8, Path file) {
        return parse(utf8, file, 0);
    }

    /// The tree of `utf8`, which came from `file`, where it began at byte `at`.
    static JsonNode parse(byte[] utf8, Path file, long at) {
        requireUtf8(utf8, file, at);
        try {
            JsonNode tree = MAPPER.readTree(utf8);
            if (tree.isMissingNode()) {
                throw new ModelFormatException(file, at, "JSON", "nothing");
            }
            return tree;
        } catch (JacksonException e) {
            throw new ModelFormatException(file, offset(e, at), "JSON", e.getOriginalMessage(), e);
        }
    }

    /// What kind of value `node` is, in JSON's words, for messages; `nothing` where a key is absent.
    public static String kind(JsonNode node) {
        return node.isMissingNode() ? "nothing" : node.getNodeType().name().toLowerCase(Locale.ROOT);
    }

    /// The content of `file`, a regular file of at most `max` bytes.
    static byte[] bytes(Path file, long max) {
        if (!Files.exists(file)) {
            throw new ModelFormatException(file, "a file", "nothing of that name");
        }
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(file, "a regular file", "a directory or device");
        }
        try (InputStream in = Files.newInputStream(file)) {
            long size = Files.size(file);
            if (size > max) {
                throw new ModelFormatException(file, "at most " + max + " bytes", size + " bytes");
            }
            return in.readNBytes((int) size);
        } catch (IOException e) {
            throw new ModelFormatException(file, "a readable file", String.valueOf(e.getMessage()), e);
        }
    }

    /// Refuses UTF-16 and UTF-32, which the parser would otherwise detect and accept.
    private static void requireUtf8(byte[] bytes, Path file, long at) {
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            if (bytes[i] == 0 || (bytes[i] & 0xfe) == 0xfe) {
                throw new ModelFormatException(
                        file, at + i, "JSON in UTF-8", String.format("byte 0x%02x", bytes[i] & 0xff));
            }
        }
    }

    private static long offset(JacksonException e, long at) {
        long within = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
        return within < 0 ? -1 : at + within;
    }
}
