package dev.fovea.engine.tokenizer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The vocabulary trained for these tests, written as tokenizer files of several kinds.
final class SmallVocabulary {
    static final JsonMapper JSON = JsonMapper.builder().build();
    static final int UNKNOWN = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int BYTE = 6;

    /// A piece of a `tokenizer.model`.
    record Piece(String text, float score, int kind) {}

    /// `goldens.json`: the vocabulary and what the reference libraries make of it.
    final JsonNode goldens;

    SmallVocabulary() {
        try (InputStream in = Objects.requireNonNull(SmallVocabulary.class.getResourceAsStream("goldens.json"))) {
            goldens = JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    JsonNode variant(String name) {
        for (JsonNode variant : goldens.get("tokenizers")) {
            if (variant.get("name").stringValue().equals(name)) {
                return variant;
            }
        }
        throw new AssertionError("no variant " + name);
    }

    List<String> tokens() {
        List<String> tokens = new ArrayList<>();
        goldens.get("vocabulary").forEach(token -> tokens.add(token.stringValue()));
        return tokens;
    }

    /// The variant's complete `tokenizer.json`.
    ///
    /// @param joined whether a merge is written `"a b"` rather than `["a", "b"]`
    ObjectNode tokenizerJson(JsonNode variant, boolean joined) {
        ObjectNode tokenizer = (ObjectNode) variant.get("tokenizer").deepCopy();
        ObjectNode model = (ObjectNode) tokenizer.get("model");
        List<String> dropped = new ArrayList<>();
        variant.get("drop").forEach(token -> dropped.add(token.stringValue()));
        ObjectNode vocabulary = model.putObject("vocab");
        List<String> tokens = tokens();
        for (int id = 0; id < tokens.size(); id++) {
            if (!dropped.contains(tokens.get(id))) {
                vocabulary.put(tokens.get(id), id);
            }
        }
        ArrayNode merges = model.putArray("merges");
        boolean none = tokenizer.remove("merges") != null;
        for (JsonNode merge : none ? JSON.createArrayNode() : goldens.get("merges")) {
            if (joined) {
                merges.add(merge.get(0).stringValue() + " " + merge.get(1).stringValue());
            } else {
                merges.add(merge);
            }
        }
        return tokenizer;
    }

    /// Writes a JSON file into the folder and returns the folder.
    static Path write(Path folder, String name, JsonNode content) {
        return write(folder, name, JSON.writeValueAsBytes(content));
    }

    static Path write(Path folder, String name, byte[] content) {
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve(name), content);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Tokenizer load(Path folder, JsonNode variant) {
        return Tokenizer.load(write(folder, "tokenizer.json", tokenizerJson(variant, false)));
    }

    static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).intValue();
        }
        return ids;
    }

    /// The options of a `tokenizer.model` by name.
    JsonNode modelOptions(String name) {
        for (JsonNode variant : goldens.get("sentencepiece")) {
            if (variant.get("name").stringValue().equals(name)) {
                return variant.get("options");
            }
        }
        throw new AssertionError("no model " + name);
    }

    /// The pieces of a `tokenizer.model`: the score falls with the id, user-defined ones come last.
    List<Piece> pieces(JsonNode options) {
        List<String> userDefined = new ArrayList<>();
        options.get("user_defined").forEach(text -> userDefined.add(text.stringValue()));
        List<String> tokens = tokens();
        List<Piece> pieces = new ArrayList<>();
        for (String text : tokens) {
            int kind = kind(text, userDefined);
            if (kind != BYTE || options.get("byte_fallback").booleanValue()) {
                int step = pieces.size() / options.get("tied").intValue();
                boolean scored = kind == 1 || kind == USER_DEFINED;
                pieces.add(new Piece(text, scored ? -step : 0, kind));
            }
        }
        for (String text : userDefined) {
            if (!tokens.contains(text)) {
                pieces.add(new Piece(text, 0, USER_DEFINED));
            }
        }
        return pieces;
    }

    private static int kind(String text, List<String> userDefined) {
        return switch (text) {
            case "<unk>" -> UNKNOWN;
            case "<s>", "</s>" -> CONTROL;
            default -> userDefined.contains(text) ? USER_DEFINED : text.startsWith("<0x") ? BYTE : 1;
        };
    }

    /// A SentencePiece ModelProto with these pieces.
    static byte[] model(List<Piece> pieces, JsonNode options) {
        Proto model = new Proto();
        for (Piece piece : pieces) {
            Proto message = new Proto().bytes(1, piece.text().getBytes(StandardCharsets.UTF_8));
            model.message(1, message.number(2, piece.score()).number(3, piece.kind()));
        }
        Proto trainer = new Proto().number(3, options.path("model_type").asInt(2));
        trainer.number(35, options.get("byte_fallback").booleanValue() ? 1 : 0);
        model.message(2, trainer.number(40, 0).number(41, 1).number(42, 2).number(43, -1));
        Proto normalizer = new Proto().bytes(1, "identity".getBytes(StandardCharsets.UTF_8));
        if (options.has("character_map")) {
            normalizer.bytes(2, new byte[12]);
        }
        normalizer.number(3, options.get("add_dummy_prefix").booleanValue() ? 1 : 0);
        normalizer.number(4, options.get("remove_extra_whitespaces").booleanValue() ? 1 : 0);
        return model.message(3, normalizer).out.toByteArray();
    }

    /// Writes the wire format of protocol buffers.
    private static final class Proto {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Proto number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Proto number(int field, float value) {
            varint((long) field << 3 | 5);
            out.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(value)
                    .array());
            return this;
        }

        Proto bytes(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        Proto message(int field, Proto message) {
            return bytes(field, message.out.toByteArray());
        }

        private void varint(long value) {
            long rest = value;
            while (rest < 0 || rest > 0x7F) {
                out.write((int) ((rest & 0x7F) | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }
    }
}
