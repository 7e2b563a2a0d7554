package dev.fovea.engine.tokenizer;

import static dev.fovea.engine.tokenizer.SmallVocabulary.JSON;
import static dev.fovea.engine.tokenizer.SmallVocabulary.write;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.file.ModelFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A damaged file either loads, and then works, or fails with the one typed error that names it.
class HostileTokenizerTest {
    private static final long SEED = 20261121;
    private static final int CORRUPTIONS = 1000;
    private static final String TEXT = " The red <image>\nbus <s> \uD83D\uDE00\u4E2D \uD83D abababab, hello</s>";

    private final SmallVocabulary small = new SmallVocabulary();

    @TempDir
    Path folder;

    @Test
    void aThousandDamagedTokenizerJsonFilesLoadOrFailCleanly() {
        survives("tokenizer.json", JSON.writeValueAsBytes(small.tokenizerJson(small.variant("metaspace"), false)));
    }

    @Test
    void aThousandDamagedTokenizerModelFilesLoadOrFailCleanly() {
        JsonNode options = small.modelOptions("usual");
        survives("tokenizer.model", SmallVocabulary.model(small.pieces(options), options));
    }

    @Test
    void theFilesBesideAModelAreNotTrustedEither() {
        JsonNode options = small.modelOptions("usual");
        write(folder, "tokenizer.model", SmallVocabulary.model(small.pieces(options), options));
        String config = """
                {"legacy": false, "add_bos_token": true, "add_eos_token": true, "bos_token": "<s>",
                 "eos_token": {"content": "</s>", "lstrip": true}, "additional_special_tokens": ["<image>"],
                 "added_tokens_decoder": {"748": {"content": "<image>", "special": true, "rstrip": true},
                                          "749": {"content": "red bus", "single_word": true}}}""";
        survives("tokenizer_config.json", config.getBytes(StandardCharsets.UTF_8));
    }

    private void survives(String name, byte[] intact) {
        Random random = new Random(SEED);
        int loaded = 0;
        for (int i = 0; i < CORRUPTIONS; i++) {
            write(folder, name, damaged(intact, random));
            try {
                Tokenizer tokenizer = Tokenizer.load(folder);
                loaded++;
                tokenizer.decode(tokenizer.encode(TEXT));
                tokenizer.decodeSkippingSpecials(tokenizer.encodeContinuation(TEXT));
            } catch (ModelFormatException e) {
                assertThat(e).as("seed %d, corruption %d", SEED, i).hasMessageContaining(name);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + SEED + ", corruption " + i, e);
            }
        }
        assertThat(loaded).as("damaged files that load").isBetween(1, CORRUPTIONS - 1);
    }

    private static byte[] damaged(byte[] intact, Random random) {
        byte[] bytes = intact.clone();
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(5)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> {
                for (int i = random.nextInt(20); i >= 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            case 2 -> bytes = Arrays.copyOf(bytes, at);
            case 3 -> {
                // A stretch of the file once more at another place, over what is there or between.
                int from = random.nextInt(bytes.length);
                int length = random.nextInt(Math.min(200, bytes.length - from));
                boolean between = random.nextBoolean();
                int rest = between ? at : Math.min(bytes.length, at + length);
                bytes = ByteBuffer.allocate(at + length + bytes.length - rest)
                        .put(intact, 0, at)
                        .put(intact, from, length)
                        .put(intact, rest, intact.length - rest)
                        .array();
            }
            default -> {
                // A lie about a length or a number: a run of digits or of high bytes.
                byte lie = random.nextBoolean() ? (byte) '9' : (byte) 0xFF;
                for (int i = at; i < Math.min(bytes.length, at + 1 + random.nextInt(9)); i++) {
                    bytes[i] = lie;
                }
            }
        }
        return bytes;
    }
}
