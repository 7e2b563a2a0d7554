package dev.fovea.engine.tokenizer;

import static dev.fovea.engine.tokenizer.SmallVocabulary.JSON;
import static dev.fovea.engine.tokenizer.SmallVocabulary.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class TokenizerTest {
    private static final long SEED = 20261121;

    private final SmallVocabulary small = new SmallVocabulary();

    @TempDir
    Path folder;

    private Tokenizer tokenizer(String variant) {
        return small.load(folder.resolve(variant), small.variant(variant));
    }

    private Tokenizer model() {
        JsonNode options = small.modelOptions("usual");
        byte[] model = SmallVocabulary.model(small.pieces(options), options);
        return Tokenizer.load(write(folder.resolve("model"), "tokenizer.model", model));
    }

    @Test
    void anyTextComesBack() {
        Random random = new Random(SEED);
        for (Tokenizer tokenizer : List.of(tokenizer("prepend"), tokenizer("metaspace"), model())) {
            for (int i = 0; i < 500; i++) {
                // The pipeline `metaspace` takes a leading space for the word mark it would add, as its reference does.
                String text = "x" + text(random, random.nextInt(60));
                assertThat(tokenizer.decodeSkippingSpecials(tokenizer.encode(text)))
                        .as("seed %d, text %d", SEED, i)
                        .isEqualTo(text);
            }
        }
    }

    /// Words of the vocabulary, code points of all planes, spaces and control characters, without the word mark.
    private String text(Random random, int parts) {
        List<String> tokens = small.tokens();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts; i++) {
            switch (random.nextInt(4)) {
                case 0 ->
                    text.append(tokens.get(259 + random.nextInt(tokens.size() - 259))
                            .replace('\u2581', ' '));
                case 1 -> text.append((char) random.nextInt(0x80));
                default -> {
                    int c = random.nextInt(random.nextBoolean() ? 0x3000 : Character.MAX_CODE_POINT + 1);
                    boolean allowed = c != 0x2581 && Character.getType(c) != Character.SURROGATE;
                    text.appendCodePoint(allowed ? c : ' ');
                }
            }
        }
        return text.toString();
    }

    @Test
    void streamingGivesWhatDecodingAtOnceGives() {
        Random random = new Random(SEED);
        for (Tokenizer tokenizer : List.of(tokenizer("prepend"), tokenizer("metaspace never"), model())) {
            for (int i = 0; i < 500; i++) {
                int[] ids = ids(random, tokenizer.vocabSize());
                StreamingDecoder stream = tokenizer.stream();
                StringBuilder text = new StringBuilder();
                for (int id : ids) {
                    text.append(stream.push(id));
                    assertThat(Tokenizer.wellFormed(text.toString())).isEqualTo(text.toString());
                }
                assertThat(text.append(stream.flush()).toString())
                        .as("seed %d, ids %d", SEED, i)
                        .isEqualTo(tokenizer.decodeSkippingSpecials(ids));
            }
        }
    }

    /// Ids of which many are bytes, some special and some of no token.
    private static int[] ids(Random random, int vocabSize) {
        return IntStream.range(0, random.nextInt(40))
                .map(i -> random.nextInt(random.nextBoolean() ? 259 : vocabSize + 20))
                .toArray();
    }

    @Test
    void bytesOfACharacterComeOutTogether() {
        Tokenizer tokenizer = tokenizer("prepend");
        int[] ids = tokenizer.encodeWithoutSpecials("x\uD83D\uDE00 y");
        StreamingDecoder stream = tokenizer.stream();
        List<String> pushed = IntStream.of(ids).mapToObj(stream::push).toList();
        assertThat(pushed).containsExactly("", "x", "", "", "", "", "\uD83D\uDE00 ", "y");
        assertThat(stream.flush()).isEmpty();
    }

    @Test
    void aFlushedStreamBeginsANewText() {
        Tokenizer tokenizer = tokenizer("prepend");
        StreamingDecoder stream = tokenizer.stream();
        for (int i = 0; i < 2; i++) {
            StringBuilder text = new StringBuilder();
            for (int id : tokenizer.encode("the bus\uD83D\uDE00")) {
                text.append(stream.push(id));
            }
            assertThat(text.append(stream.flush()).toString()).isEqualTo("the bus\uD83D\uDE00");
        }
    }

    @Test
    void halfASurrogatePairIsReadAsTheReplacementCharacter() {
        for (Tokenizer tokenizer : List.of(tokenizer("prepend"), tokenizer("unknowns apart"), model())) {
            for (String half : List.of("\uD83D", "\uDE00", "\uDE00\uD83D", "\uD83D\uD83D")) {
                String replaced = "\uFFFD".repeat(half.length());
                assertThat(tokenizer.encode("a" + half + "b" + half))
                        .containsExactly(tokenizer.encode("a" + replaced + "b" + replaced));
            }
        }
    }

    @Test
    void aMegabyteWithoutACutIsOneWordLikeAnyOther() {
        Tokenizer tokenizer = tokenizer("metaspace");
        String text = "a".repeat(500_000) + "ab".repeat(250_000);
        assertThat(tokenizer.decodeSkippingSpecials(tokenizer.encode(text))).isEqualTo(text);
        int[] once = tokenizer.encodeWithoutSpecials("x hello world");
        int[] often = tokenizer.encodeWithoutSpecials("x" + " hello world".repeat(80_000));
        int[] pair = IntStream.of(once).skip(once.length - 2).toArray();
        assertThat(often.length).isEqualTo(once.length - 2 + 2 * 80_000);
        assertThat(Arrays.copyOfRange(often, often.length - 2, often.length)).containsExactly(pair);
    }

    @Test
    void aContinuationGetsNoWordMarkInFront() {
        for (Tokenizer tokenizer : List.of(tokenizer("prepend"), tokenizer("metaspace"), model())) {
            String first = "The red bus.";
            String second = " hello</s>world";
            int[] parts = IntStream.concat(
                            IntStream.of(tokenizer.encode(first)), IntStream.of(tokenizer.encodeContinuation(second)))
                    .toArray();
            assertThat(parts).containsExactly(tokenizer.encode(first + second));
        }
        Tokenizer tokenizer = tokenizer("prepend");
        assertThat(tokenizer.encodeContinuation("a"))
                .containsExactly(tokenizer.id("a").orElseThrow());
    }

    @Test
    void tokensAreKnownByTextAndId() {
        Tokenizer tokenizer = tokenizer("prepend");
        int image = tokenizer.id("<image>").orElseThrow();
        assertThat(tokenizer.token(image)).isEqualTo("<image>");
        assertThat(tokenizer.special(image)).isTrue();
        assertThat(tokenizer.special(tokenizer.id("a").orElseThrow())).isFalse();
        assertThat(tokenizer.special(-1)).isFalse();
        assertThat(tokenizer.special(1_000_000)).isFalse();
        assertThat(tokenizer.id("no such token")).isEmpty();
        assertThat(tokenizer.vocabSize()).isEqualTo(small.tokens().size() + 2);
        for (int id : new int[] {-1, tokenizer.vocabSize(), Integer.MAX_VALUE}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tokenizer.token(id))
                    .withMessageContaining(String.valueOf(id));
        }
    }

    @Test
    void rolesComeFromTheConfigOrElseFromTheFrameOfATemplate() {
        Tokenizer bare = tokenizer("bos and eos");
        assertThat(bare.bos()).isEmpty();
        assertThat(bare.eos()).hasValue(2);
        assertThat(tokenizer("prepend").bos()).hasValue(1);
        assertThat(tokenizer("prepend").eos()).isEmpty();

        ObjectNode config = JSON.createObjectNode().put("bos_token", "<s>");
        config.putObject("pad_token").put("content", "<pad>");
        Path directory = folder.resolve("bos and eos");
        write(directory, "tokenizer_config.json", config);
        write(directory, "special_tokens_map.json", JSON.createObjectNode().put("eos_token", "</s>"));
        Tokenizer configured = Tokenizer.load(directory);
        assertThat(configured.bos()).hasValue(1);
        assertThat(configured.eos()).hasValue(2);
        assertThat(configured.pad()).isEqualTo(configured.id("<pad>"));
        assertThat(model().bos()).hasValue(1);
        assertThat(model().eos()).hasValue(2);
        assertThat(model().pad()).isEmpty();
    }

    @Test
    void theConfigDecidesWhetherBosAndEosAreAdded() {
        ObjectNode config = JSON.createObjectNode().put("bos_token", "<s>").put("eos_token", "</s>");
        config.put("add_bos_token", false).put("add_eos_token", true);
        Path directory = folder.resolve("prepend");
        int[] bare = tokenizer("prepend").encodeWithoutSpecials("a");
        Tokenizer configured = Tokenizer.load(write(directory, "tokenizer_config.json", config));
        assertThat(configured.encode("a"))
                .containsExactly(
                        IntStream.concat(IntStream.of(bare), IntStream.of(2)).toArray());
    }

    @Test
    void tokensThatOnlyTheConfigAddsAreFound() {
        Path directory = folder.resolve("prepend");
        int size = tokenizer("prepend").vocabSize();
        ObjectNode config = JSON.createObjectNode();
        ObjectNode token = config.putObject("added_tokens_decoder").putObject(String.valueOf(size + 3));
        token.put("content", "<video>").put("special", true);
        Tokenizer tokenizer = Tokenizer.load(write(directory, "tokenizer_config.json", config));
        assertThat(tokenizer.encodeWithoutSpecials("<video>")).containsExactly(size + 3);
        assertThat(tokenizer.vocabSize()).isEqualTo(size + 4);
        assertThat(tokenizer.decodeSkippingSpecials(new int[] {size + 3, size + 1}))
                .isEmpty();
    }

    @Test
    void aSpecialTokenIsLeftOutEvenIfTheNormaliserChangesIt() {
        ObjectNode json = small.tokenizerJson(small.variant("prepend"), false);
        int id = small.tokens().size() + 2;
        ObjectNode token = json.withArray("added_tokens").addObject();
        token.put("id", id).put("content", "<one two>").put("normalized", true).put("special", true);
        Tokenizer tokenizer = Tokenizer.load(write(folder, "tokenizer.json", json));
        int[] ids = tokenizer.encode("a <one two>b");
        assertThat(ids).contains(id);
        assertThat(tokenizer.decode(ids)).isEqualTo("<s> a <one two>b");
        assertThat(tokenizer.decodeSkippingSpecials(ids)).isEqualTo("ab");
    }
}
