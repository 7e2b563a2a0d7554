package dev.fovea.engine.tokenizer;

import static dev.fovea.engine.tokenizer.SmallVocabulary.JSON;
import static dev.fovea.engine.tokenizer.SmallVocabulary.ids;
import static dev.fovea.engine.tokenizer.SmallVocabulary.write;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.Fixtures;
import dev.fovea.engine.tokenizer.ChatFormat.Message;
import dev.fovea.engine.tokenizer.ChatFormat.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The fixture layer: ids, texts and chat formats equal the recorded ones on real vocabularies.
class TokenizerFixturesTest {
    @TempDir
    Path folder;

    private Path fixtures = Path.of("");

    @BeforeEach
    void findFixtures() {
        fixtures = Fixtures.require();
    }

    private Path tiny() {
        return fixtures.resolve("checkpoints/llava-next-tiny");
    }

    private JsonNode golden(String name) {
        return JSON.readTree(fixtures.resolve("tokenizer").resolve(name));
    }

    /// The tokenizer of the tiny checkpoint with one of the two pipelines.
    private Tokenizer pipeline(String name) {
        ObjectNode tokenizer = (ObjectNode) JSON.readTree(tiny().resolve("tokenizer.json"));
        tokenizer.setAll((ObjectNode) golden("tokenizer_pipelines.json").get(name));
        return Tokenizer.load(write(folder.resolve(name), "tokenizer.json", tokenizer));
    }

    @Test
    void everyStringGivesTheRecordedIdsAndTextsInBothPipelines() {
        for (String name : List.of("metaspace", "prepend")) {
            agrees(pipeline(name), name);
        }
    }

    private void agrees(Tokenizer tokenizer, String pipeline) {
        JsonNode cases = golden("tokenizer_goldens.json").get("cases");
        assertThat(cases.size()).isGreaterThan(200);
        for (JsonNode golden : cases) {
            String text = golden.get("text").stringValue();
            JsonNode expected = golden.get(pipeline);
            int[] ids = ids(expected.get("ids"));
            int[] bare = Arrays.copyOfRange(ids, 1, ids.length);
            assertThat(tokenizer.encode(text)).as(text).containsExactly(ids);
            assertThat(tokenizer.encodeWithoutSpecials(text)).as(text).containsExactly(bare);
            assertThat(tokenizer.decode(ids)).isEqualTo(expected.get("decoded").stringValue());
            assertThat(tokenizer.decodeSkippingSpecials(ids))
                    .isEqualTo(expected.get("decoded_skip_special").stringValue());
            assertThat(tokenizer.decode(bare))
                    .isEqualTo(expected.get("decoded_no_bos").stringValue());
        }
    }

    @Test
    void theCheckpointsTokenizerIsTheNamedPipeline() {
        agrees(
                Tokenizer.load(tiny()),
                golden("tokenizer_goldens.json")
                        .get("this_sets_checkpoint_uses")
                        .stringValue());
    }

    @Test
    void tokenizerModelAloneGivesTheIdsOfSentencePiece() throws IOException {
        byte[] model = Files.readAllBytes(tiny().resolve("tokenizer.model"));
        Tokenizer tokenizer = Tokenizer.load(write(folder, "tokenizer.model", model));
        int compared = 0;
        for (JsonNode golden : golden("tokenizer_goldens.json").get("cases")) {
            if (golden.has("sentencepiece_ids")) {
                String text = golden.get("text").stringValue();
                int[] expected = ids(golden.get("sentencepiece_ids"));
                assertThat(tokenizer.encodeWithoutSpecials(text)).as(text).containsExactly(expected);
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(200);
    }

    @Test
    void tokenizerModelWithTheFilesBesideItIsTheCheckpointsTokenizer() throws IOException {
        for (String name :
                List.of("tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")) {
            write(folder, name, Files.readAllBytes(tiny().resolve(name)));
        }
        agrees(Tokenizer.load(folder), "metaspace");
        write(
                folder,
                "tokenizer_config.json",
                Files.readString(tiny().resolve("tokenizer_config.json"))
                        .replace("\"legacy\": false", "\"legacy\": true")
                        .getBytes(StandardCharsets.UTF_8));
        agrees(Tokenizer.load(folder), "prepend");
    }

    @Test
    void streamedTextIsAlwaysTheStartOfTheWholeAndNeverHalfACharacter() {
        Tokenizer tokenizer = Tokenizer.load(tiny());
        for (JsonNode golden : golden("tokenizer_streaming.json")) {
            int[] ids = ids(golden.get("ids"));
            StreamingDecoder stream = tokenizer.stream();
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < ids.length; i++) {
                text.append(stream.push(ids[i]));
                String prefix = golden.get("prefix_decodes").get(i).stringValue();
                assertThat(tokenizer.decode(Arrays.copyOf(ids, i + 1))).isEqualTo(prefix);
                assertThat(prefix).startsWith(text);
                assertThat(golden.get("text").stringValue()).startsWith(text);
            }
            assertThat(text.append(stream.flush()).toString())
                    .isEqualTo(golden.get("text").stringValue());
        }
    }

    @Test
    void everyCheckpointsTokenizerLoads() throws IOException {
        try (Stream<Path> checkpoints = Files.list(fixtures.resolve("checkpoints"))) {
            List<Path> all = checkpoints.toList();
            assertThat(all).hasSizeGreaterThan(3);
            for (Path checkpoint : all) {
                Tokenizer tokenizer = Tokenizer.load(checkpoint);
                JsonNode added = JSON.readTree(checkpoint.resolve("tokenizer.json"));
                int last = 0;
                for (JsonNode token : added.get("added_tokens")) {
                    last = Math.max(last, token.get("id").intValue());
                    assertThat(tokenizer.token(token.get("id").intValue()))
                            .isEqualTo(token.get("content").stringValue());
                }
                assertThat(tokenizer.vocabSize()).isEqualTo(last + 1);
                assertThat(tokenizer.bos()).hasValue(1);
                assertThat(tokenizer.eos()).hasValue(2);
                assertThat(tokenizer.pad()).hasValue(last);
                assertThat(tokenizer.id("<image>")).hasValue(last - 1);
                String text = "A fovéa: 中心窩 \uD83D\uDE00";
                assertThat(tokenizer.decodeSkippingSpecials(tokenizer.encode(text)))
                        .isEqualTo(text);
            }
        }
    }

    @Test
    void everyChatTemplateGivesTheRecordedTextAndIds() {
        Tokenizer tokenizer = Tokenizer.load(tiny());
        for (var template : golden("chat_goldens.json").get("templates").properties()) {
            String source = template.getValue().get("chat_template").stringValue();
            ChatFormat format = ChatTemplates.recognized(source).orElseThrow();
            assertThat(format).isSameAs(ChatFormat.named(template.getKey()));
            assertThat(template.getValue().get("cases").size()).isGreaterThan(3);
            for (JsonNode golden : template.getValue().get("cases")) {
                String text = format.render(messages(golden.get("messages")), true);
                assertThat(text).isEqualTo(golden.get("text").stringValue());
                assertThat(tokenizer.encode(text)).containsExactly(ids(golden.get("ids")));
            }
        }
    }

    @Test
    void aFollowUpContinuesTheIdsOfTheWholeConversation() {
        for (Tokenizer tokenizer : List.of(pipeline("metaspace"), pipeline("prepend"))) {
            Message question = new Message(Role.USER, 1, "What is shown in this image?");
            Message answer = new Message(Role.ASSISTANT, 0, "A red bus.");
            Message next = new Message(Role.USER, 1, "What colour is the sky?");
            // The turn ends of the other two are no tokens here: they merge with the answer's end.
            for (ChatFormat format : EnumSet.complementOf(EnumSet.of(ChatFormat.PHI, ChatFormat.CHATML_DIRECT))) {
                String whole = format.render(List.of(question, answer, next), true);
                String followUp = format.followUp(next);
                String before = whole.substring(0, whole.length() - followUp.length());
                assertThat(before).endsWith(answer.text());
                assertThat(Stream.of(tokenizer.encode(before), tokenizer.encodeContinuation(followUp))
                                .flatMapToInt(Arrays::stream)
                                .toArray())
                        .as("%s", format)
                        .containsExactly(tokenizer.encode(whole));
            }
        }
    }

    @Test
    void checkpointsNameTheirChatFormat() {
        for (String name : List.of("llava-next-tiny", "llava-next-mini-old", "llava-next-mini-new")) {
            assertThat(ChatFormat.of(fixtures.resolve("checkpoints").resolve(name)))
                    .isSameAs(ChatFormat.MISTRAL_INSTRUCT);
        }
        assertThat(ChatFormat.of(fixtures.resolve("checkpoints/llava15-flex-tiny")))
                .isSameAs(ChatFormat.LLAVA_V1);
    }

    private static List<Message> messages(JsonNode array) {
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : array) {
            int images = 0;
            StringBuilder text = new StringBuilder();
            for (JsonNode part : message.get("content")) {
                if (part.get("type").stringValue().equals("image")) {
                    images++;
                } else {
                    text.append(part.get("text").stringValue());
                }
            }
            Role role = Role.valueOf(message.get("role").stringValue().toUpperCase(Locale.ROOT));
            messages.add(new Message(role, images, text.toString()));
        }
        return messages;
    }
}
