package dev.fovea.engine.tokenizer;

import static dev.fovea.engine.tokenizer.SmallVocabulary.JSON;
import static dev.fovea.engine.tokenizer.SmallVocabulary.write;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.tokenizer.SmallVocabulary.Piece;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What is not implemented, or contradicts itself, is refused with the file, the place and the reason.
class TokenizerRefusalTest {
    private final SmallVocabulary small = new SmallVocabulary();

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /model/type                 | "Unigram"                          | model.type
            /model/type                 | 3                                  | model.type
            /model/dropout              | 0.1                                | model.dropout
            /model/unk_token            | "<none>"                           | <none>
            /model/end_of_word_suffix   | "</w>"                             | model.end_of_word_suffix
            /model/byte_fallback        | "yes"                              | model.byte_fallback
            /model/colour               | 1                                  | colour
            /model/vocab                | ["a"]                              | model.vocab
            /model/vocab                | {"a": -1}                          | model.vocab.a
            /model/vocab                | {"<unk>": 0, "a": 2000000000}      | consecutive
            /model/vocab                | {"<unk>": 0, "a": 0}               | id 0
            /model/merges               | null                               | model.merges
            /model/merges               | ["a b c"]                          | model.merges[0]
            /model/merges               | ["a b", ["a"]]                     | model.merges[1]
            /model/merges               | [["a", "Q7"]]                      | Q7
            /normalizer                 | {"type": "NFKC"}                   | NFKC
            /normalizer                 | {"type": "Replace", "pattern": {"Regex": "x"}, "content": ""} | pattern.String
            /normalizer                 | {"type": "Sequence", "normalizers": [{"type": "Strip"}]} | normalizers[0]
            /pre_tokenizer              | {"type": "ByteLevel"}              | ByteLevel
            /pre_tokenizer              | {"type": "Metaspace", "replacement": "ab"} | one character
            /pre_tokenizer              | {"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"} | last
            /post_processor             | {"type": "RobertaProcessing"}      | RobertaProcessing
            /post_processor/single      | []                                 | sequence A
            /post_processor/single/0/SpecialToken/id | "<none>"              | <none>
            /post_processor/special_tokens/<s>/ids | [123456]                | 123456
            /decoder                    | null                               | decoder
            /decoder                    | {"type": "WordPiece"}              | WordPiece
            /decoder                    | {"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "ByteFallback"}]} | order
            /added_tokens/0/content     | ""                                 | added_tokens[0]
            /added_tokens/1/content     | "<unk>"                            | <unk>
            /added_tokens/3/id          | 5                                  | id 5
            /added_tokens/3/content     | "a"                                | "a"
            /added_tokens/3/lstrip      | 1                                  | added_tokens[3].lstrip
            /colours                    | {}                                 | colours
            """)
    void tokenizerJson(String pointer, String value, String named) {
        ObjectNode tokenizer = small.tokenizerJson(small.variant("metaspace"), false);
        int slash = pointer.lastIndexOf('/');
        ((ObjectNode) tokenizer.requiredAt(pointer.substring(0, slash)))
                .set(pointer.substring(slash + 1), JSON.readTree(value));
        write(folder, "tokenizer.json", tokenizer);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Tokenizer.load(folder))
                .withMessageContaining("tokenizer.json")
                .withMessageContaining(named);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            tokenizer_config.json   | []                                          | an object
            tokenizer_config.json   | {"bos_token": 7}                            | bos_token
            tokenizer_config.json   | {"added_tokens_decoder": {"x": {}}}         | added_tokens_decoder.x
            tokenizer_config.json   | {"added_tokens_decoder": {"5": {"content": "b"}}} | "b"
            added_tokens.json       | {"<image>": "one"}                          | <image>
            added_tokens.json       | {"<image>"                                  | JSON
            special_tokens_map.json | {"additional_special_tokens": "<image>"}    | an array
            """)
    void theFilesBesideATokenizer(String file, String content, String named) {
        small.load(folder, small.variant("metaspace"));
        write(folder, file, content.getBytes(StandardCharsets.UTF_8));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Tokenizer.load(folder))
                .withMessageContaining(named);
    }

    @Test
    void aUnigramModel() {
        refused(options -> options.put("model_type", 1), pieces -> {}, "BPE");
    }

    @Test
    void aModelWithACharacterMap() {
        refused(options -> options.put("character_map", true), pieces -> {}, "identity normaliser");
    }

    @Test
    void aModelThatContradictsItself() {
        refused(options -> {}, pieces -> pieces.add(pieces.getLast()), "each piece once");
        refused(options -> {}, pieces -> pieces.removeFirst(), "an unknown piece");
        refused(options -> {}, pieces -> pieces.add(new Piece("<unk2>", 0, SmallVocabulary.UNKNOWN)), "one unknown");
        refused(options -> {}, pieces -> pieces.remove(100), "256 byte pieces");
        refused(options -> {}, pieces -> pieces.add(new Piece("x".repeat(300), 0, 1)), "256 characters");
        refused(options -> {}, pieces -> pieces.add(new Piece("unused", 0, 5)), "no unused pieces");
        refused(options -> {}, pieces -> pieces.add(new Piece("odd", 0, 9)), "type from 1 to 6");
        refused(options -> {}, pieces -> pieces.add(new Piece("", 0, 1)), "with text");
    }

    private void refused(Consumer<ObjectNode> change, Consumer<List<Piece>> pieceChange, String named) {
        JsonNode usual = small.modelOptions("usual");
        ObjectNode options = ((ObjectNode) usual).deepCopy();
        change.accept(options);
        List<Piece> pieces = new ArrayList<>(small.pieces(options));
        pieceChange.accept(pieces);
        write(folder, "tokenizer.model", SmallVocabulary.model(pieces, options));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Tokenizer.load(folder))
                .withMessageContaining("tokenizer.model")
                .withMessageContaining(named);
    }

    @Test
    void aFolderWithoutATokenizer() {
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Tokenizer.load(folder))
                .withMessageContaining("tokenizer.json or tokenizer.model")
                .withMessageContaining(folder.toString());
    }
}
