package dev.fovea.engine.tokenizer;

import static dev.fovea.engine.tokenizer.SmallVocabulary.JSON;
import static dev.fovea.engine.tokenizer.SmallVocabulary.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.tokenizer.ChatFormat.Message;
import dev.fovea.engine.tokenizer.ChatFormat.Role;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.node.ObjectNode;

class ChatFormatTest {
    private static final String USER_SYSTEM = "A chat between a curious user and an artificial intelligence assistant. "
            + "The assistant gives helpful, detailed, and polite answers to the user's questions. ";
    private static final Message QUESTION = new Message(Role.USER, 1, "What is it?");
    private static final Message ANSWER = new Message(Role.ASSISTANT, 0, "A bus.");
    private static final Message NEXT = new Message(Role.USER, 0, "Sure?");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            vicuna_v1        | user  | `USER: <image>\\nWhat is it? ASSISTANT: A bus.</s>USER: Sure? ASSISTANT:`
            llava_v1         | human | `USER: <image>\\nWhat is it? ASSISTANT: A bus.</s>USER: Sure? ASSISTANT:`
            llama            | user  | `USER: <image>\\nWhat is it? ASSISTANT: A bus.</s>USER: Sure? ASSISTANT:`
            phi              | user  | `USER: <image>\\nWhat is it? ASSISTANT: A bus.<|endoftext|>USER: Sure? ASSISTANT:`
            vicuna           | ``    | `USER: <image>\\nWhat is it? ASSISTANT: A bus. USER: Sure? ASSISTANT:`
            mistral_instruct | ``    | `[INST] <image>\\nWhat is it? [/INST] A bus.</s>[INST] Sure? [/INST]`
            plain            | ``    | `<image>\\nWhat is it?\\nA bus.\\nSure?\\n`
            """)
    void everyFormatWritesAConversationAsItsModelsWereTrained(String name, String curious, String expected) {
        String system = curious.isEmpty() ? "" : USER_SYSTEM.replace("user", curious);
        assertThat(ChatFormat.named(name).render(List.of(QUESTION, ANSWER, NEXT), true))
                .isEqualTo(system + expected.replace("\\n", "\n"));
    }

    @Test
    void chatMlHasNoNewLineBetweenTurns() {
        assertThat(ChatFormat.CHATML_DIRECT.render(List.of(QUESTION), true))
                .isEqualTo("<|im_start|>system\nAnswer the questions.<|im_end|>"
                        + "<|im_start|>user\n<image>\nWhat is it?<|im_end|><|im_start|>assistant\n");
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerAndTheFollowUpAppendedAreTheWholeConversation(ChatFormat format) {
        String asked = format.render(List.of(QUESTION), true);
        String whole = format.render(List.of(QUESTION, ANSWER, NEXT), true);
        assertThat(whole).startsWith(asked).endsWith(ANSWER.text() + format.followUp(NEXT));
        String said = whole.substring(
                asked.length(), whole.length() - format.followUp(NEXT).length());
        assertThat(said.strip()).isEqualTo(ANSWER.text());
    }

    @ParameterizedTest
    @EnumSource
    void withoutAnInvitationTheTextEndsWithTheLastMessage(ChatFormat format) {
        String closed = format.render(List.of(QUESTION, ANSWER), false);
        assertThat(format.render(List.of(QUESTION, ANSWER, NEXT), false)).startsWith(closed);
        assertThat(closed).contains(ANSWER.text());
        assertThat(format.render(List.of(QUESTION), true)).startsWith(format.render(List.of(QUESTION), false));
    }

    @Test
    void everyImageIsAMarkBeforeTheText() {
        Message two = new Message(Role.USER, 2, "Which?");
        assertThat(ChatFormat.VICUNA.render(List.of(two), false)).isEqualTo("USER: <image>\n<image>\nWhich? ");
    }

    @Test
    void aSystemMessageTakesTheUsualOnesPlace() {
        Message system = new Message(Role.SYSTEM, 0, "Be brief.");
        assertThat(ChatFormat.VICUNA_V1.render(List.of(system, NEXT), true))
                .isEqualTo("Be brief. USER: Sure? ASSISTANT:");
        List<Message> late = new ArrayList<>(List.of(NEXT, system));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatFormat.VICUNA_V1.render(late, true))
                .withMessageContaining("only as the first");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatFormat.MISTRAL_INSTRUCT.render(List.of(system, NEXT), true))
                .withMessageContaining("mistral_instruct has no place");
    }

    @Test
    void onlyAUsersMessageHasImages() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Message(Role.ASSISTANT, 1, ""));
        assertThatIllegalArgumentException().isThrownBy(() -> new Message(Role.USER, -1, ""));
        assertThatIllegalArgumentException().isThrownBy(() -> ChatFormat.VICUNA.followUp(ANSWER));
    }

    @ParameterizedTest
    @EnumSource
    void aFormatIsFoundByItsLabel(ChatFormat format) {
        assertThat(ChatFormat.named(format.label())).isSameAs(format);
    }

    @Test
    void theErrorOnAWrongNameListsTheNames() {
        assertThat(ChatFormat.named("v1")).isSameAs(ChatFormat.VICUNA_V1);
        for (String wrong : List.of("", "alpaca", "VICUNA_V1")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ChatFormat.named(wrong))
                    .withMessageContaining("\"" + wrong + "\"")
                    .withMessageContaining(
                            "vicuna_v1, llava_v1, vicuna, phi, llama, mistral_instruct, chatml_direct, plain");
        }
    }

    @Test
    void stopIdsAreEosAndTheStopStringsThatAreTokens() {
        SmallVocabulary small = new SmallVocabulary();
        small.load(folder, small.variant("metaspace"));
        write(folder, "tokenizer_config.json", JSON.createObjectNode().put("eos_token", "<pad>"));
        Tokenizer tokenizer = Tokenizer.load(folder);
        int eos = tokenizer.eos().orElseThrow();
        assertThat(ChatFormat.VICUNA_V1.stopStrings()).containsExactly("</s>");
        assertThat(ChatFormat.VICUNA_V1.stopIds(tokenizer)).containsExactly(2, eos);
        assertThat(ChatFormat.CHATML_DIRECT.stopIds(tokenizer)).containsExactly(eos);
        assertThat(ChatFormat.PLAIN.stopStrings()).isEmpty();
        assertThat(ChatFormat.PLAIN.stopIds(tokenizer)).containsExactly(eos);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `{{ '[INST] ' }}{{ content['text'] }}{{ ' [/INST]' }}{{ '</s>' }}`            | MISTRAL_INSTRUCT
            `{{ message['role'].upper() + ': '}}<image>{{ 'ASSISTANT:' }}`                | VICUNA
            `{{ 'USER: ' }}{{ text }}{{ ' ASSISTANT:' }}`                                 | VICUNA
            `A chat between a curious user and an ... {{ 'USER: ' }}{{ 'ASSISTANT:' }}`   | VICUNA_V1
            `A chat between a curious human and an ... {{ 'USER: ' }}{{ 'ASSISTANT:' }}`  | LLAVA_V1
            `A curious user ... USER: ASSISTANT: {{ '<|endoftext|>' }}`                   | PHI
            `{{'<|im_start|>' + message['role'] + '\\n'}}{{'<|im_end|>'}}`                | CHATML_DIRECT
            """)
    void aTemplateIsRecognisedByTheMarksItWrites(String template, ChatFormat format) {
        assertThat(ChatTemplates.recognized(template)).contains(format);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
            `{{'<|im_start|>' + message['role'] + '\\n'}}{{'<|im_end|>' + '\\n'}}`
            `[INST] <<SYS>>{{ system }}<</SYS>> [/INST]`
            `### Human: {{ text }}### Assistant:`
            """)
    void aTemplateOfAnotherFormatIsNotTakenForOneOfOurs(String template) {
        assertThat(ChatTemplates.recognized(template)).isEmpty();
    }

    @Test
    void templatesAreSoughtInTheOrderOfTheReference() {
        ObjectNode config = JSON.createObjectNode();
        config.putArray("chat_template")
                .add(JSON.createObjectNode().put("name", "rag").put("template", "?"))
                .add(JSON.createObjectNode().put("name", "default").put("template", "[INST] [/INST]"));
        write(folder, "tokenizer_config.json", config);
        assertThat(ChatFormat.of(folder)).isSameAs(ChatFormat.MISTRAL_INSTRUCT);
        write(folder, "chat_template.json", JSON.createObjectNode().put("chat_template", "USER: ASSISTANT:"));
        assertThat(ChatFormat.of(folder)).isSameAs(ChatFormat.VICUNA);
        write(folder, "chat_template.jinja", "curious human USER: ASSISTANT:".getBytes(StandardCharsets.UTF_8));
        assertThat(ChatFormat.of(folder)).isSameAs(ChatFormat.LLAVA_V1);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
            {"model_type": "llava_next", "text_config": {"model_type": "mistral"}}          | MISTRAL_INSTRUCT
            {"model_type": "llava_next", "text_config": {"model_type": "llama"}}            | LLAVA_V1
            {"model_type": "llava", "text_config": {"model_type": "llama"}}                 | VICUNA
            {"model_type": "llava"}                                                         | VICUNA
            {"model_type": "llava", "mm_projector_type": "mlp2x_gelu"}                      | VICUNA_V1
            {"model_type": "llava_llama", "mm_vision_tower": "x"}                           | VICUNA_V1
            {"model_type": "llava_llama", "mm_vision_tower": "x", "extra": {"highres_size": "1008"}} | LLAVA_V1
            {"model_type": "llava_mistral", "mm_vision_tower": "x"}                         | MISTRAL_INSTRUCT
            {"model_type": "llava_phi"}                                                     | PHI
            {"model_type": "tinyllava", "text_config": {"model_type": "phi"}}               | PHI
            {"model_type": "tinyllava", "text_config": {"model_type": "openelm"}}           | LLAMA
            {"model_type": "mobilevlm", "mm_vision_tower": "x"}                             | VICUNA_V1
            """)
    void withoutAKnownTemplateTheConfigDecides(String config, ChatFormat format) {
        write(folder, "config.json", config.getBytes(StandardCharsets.UTF_8));
        write(folder, "chat_template.jinja", "### Human:".getBytes(StandardCharsets.UTF_8));
        assertThat(ChatFormat.of(folder)).isSameAs(format);
    }

    @Test
    void whereNothingIsKnownTheErrorListsTheNames() {
        write(folder, "config.json", JSON.createObjectNode().put("model_type", "gpt2"));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> ChatFormat.of(folder))
                .withMessageContaining(folder.toString())
                .withMessageContaining("vicuna_v1");
    }
}
