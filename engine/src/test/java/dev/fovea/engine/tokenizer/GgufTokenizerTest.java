package dev.fovea.engine.tokenizer;

import static dev.fovea.engine.tokenizer.SmallVocabulary.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.GgufMetadata;
import dev.fovea.engine.file.GgufWriter;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.UnsupportedModelException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class GgufTokenizerTest {
    private final SmallVocabulary small = new SmallVocabulary();

    @TempDir
    Path folder;

    /// The recorded ids of the SentencePiece library, for every model whose tokens a GGUF file can hold alike.
    @Test
    void idsEqualThoseOfTheSameTokenizerModel() {
        int models = 0;
        for (JsonNode variant : small.goldens.get("sentencepiece")) {
            JsonNode options = variant.get("options");
            if (options.get("user_defined").isEmpty()) {
                models++;
                Tokenizer tokenizer = Tokenizer.load(metadata(writer(small.pieces(options))
                        .flag(
                                "tokenizer.ggml.add_space_prefix",
                                options.get("add_dummy_prefix").booleanValue())
                        .flag(
                                "tokenizer.ggml.remove_extra_whitespaces",
                                options.get("remove_extra_whitespaces").booleanValue())));
                for (JsonNode golden : variant.get("cases")) {
                    String text = golden.get("text").stringValue();
                    assertThat(tokenizer.encodeWithoutSpecials(text)).as(text).containsExactly(ids(golden.get("ids")));
                }
            }
        }
        assertThat(models).isGreaterThan(3);
    }

    @Test
    void aTokenTakenFromTheTextAsWrittenBeginsANewStretch() {
        List<SmallVocabulary.Piece> pieces = new ArrayList<>(small.pieces(small.modelOptions("usual")));
        pieces.add(new SmallVocabulary.Piece("<image>", 0, SmallVocabulary.CONTROL));
        pieces.add(new SmallVocabulary.Piece("<mark>", 0, SmallVocabulary.USER_DEFINED));
        Tokenizer tokenizer = Tokenizer.load(metadata(writer(pieces).integer("tokenizer.ggml.bos_token_id", 1)));
        for (String mark : new String[] {"<image>", "<mark>"}) {
            int[] a = tokenizer.encodeWithoutSpecials("one");
            int[] b = tokenizer.encodeWithoutSpecials("two");
            int[] both = tokenizer.encode("one" + mark + "two");
            assertThat(both[0]).isEqualTo(1);
            assertThat(both[1 + a.length]).isEqualTo(tokenizer.id(mark).orElseThrow());
            assertThat(both).hasSize(2 + a.length + b.length).endsWith(b);
        }
        assertThat(tokenizer.special(tokenizer.id("<image>").orElseThrow())).isTrue();
        assertThat(tokenizer.special(tokenizer.id("<mark>").orElseThrow())).isFalse();
    }

    @Test
    void whatIsNotATokenizerIsRefused() {
        assertThatThrownBy(() -> Tokenizer.load(metadata(new GgufWriter().text("tokenizer.ggml.model", "gpt2"))))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("tokenizer.ggml.model = gpt2; supported: llama");
        assertThatThrownBy(() -> Tokenizer.load(metadata(
                        writer(List.of(new SmallVocabulary.Piece("a", 0, 1), new SmallVocabulary.Piece("a", 0, 1))))))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("each token once");
        assertThatThrownBy(() -> Tokenizer.load(metadata(writer(List.of(new SmallVocabulary.Piece("a", 0, 7))))))
                .hasMessageContaining("token types from 1 to 6");
        assertThatThrownBy(() -> Tokenizer.load(metadata(writer(List.of(new SmallVocabulary.Piece("a", 0, 1)))
                        .integer("tokenizer.ggml.bos_token_id", 1))))
                .hasMessageContaining("tokenizer.ggml.bos_token_id below 1");
        assertThatThrownBy(() -> Tokenizer.load(metadata(
                        new GgufWriter().text("tokenizer.ggml.model", "llama").texts("tokenizer.ggml.tokens", "a"))))
                .hasMessageContaining("0 scores, 0 types");
    }

    @Test
    void theChatFormatIsRecognisedOrHasToBeNamed() {
        assertThat(ChatFormat.of(metadata(
                        new GgufWriter().text("tokenizer.chat_template", "{{ '[INST] ' + m.content + ' [/INST]' }}"))))
                .isSameAs(ChatFormat.MISTRAL_INSTRUCT);
        assertThatThrownBy(() -> ChatFormat.of(metadata(new GgufWriter())))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("name the format instead: " + ChatFormat.names());
    }

    private static GgufWriter writer(List<SmallVocabulary.Piece> pieces) {
        float[] scores = new float[pieces.size()];
        int[] types = new int[pieces.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = pieces.get(i).score();
            types[i] = pieces.get(i).kind();
        }
        return new GgufWriter()
                .text("tokenizer.ggml.model", "llama")
                .texts(
                        "tokenizer.ggml.tokens",
                        pieces.stream().map(SmallVocabulary.Piece::text).toArray(String[]::new))
                .numbers("tokenizer.ggml.scores", scores)
                .integers("tokenizer.ggml.token_type", types);
    }

    private GgufMetadata metadata(GgufWriter writer) {
        Path file = folder.resolve("x.gguf");
        try (OutputStream out = Files.newOutputStream(file)) {
            writer.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (Arena arena = Arena.ofConfined()) {
            return GgufFile.open(file, arena).metadata();
        }
    }
}
