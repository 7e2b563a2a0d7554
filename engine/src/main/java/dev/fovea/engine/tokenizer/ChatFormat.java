package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.GgufMetadata;
import dev.fovea.engine.file.SmallFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// How a conversation is written as one text, by the name the family's code gives it. An image is written as
/// [#IMAGE] and a new line, before the text of its message. BOS is the tokenizer's matter.
public enum ChatFormat {
    /// `USER: ... ASSISTANT: ...</s>` after a sentence on a curious user: LLaVA-1.5 and 1.6 with Vicuna, MobileVLM.
    VICUNA_V1("vicuna_v1", "v1", Shape.roles(Shape.CURIOUS_USER, "</s>"), "</s>"),

    /// The same with a curious human: LLaVA's command line, FlexAttention.
    LLAVA_V1("llava_v1", "", Shape.roles(Shape.CURIOUS_HUMAN, "</s>"), "</s>"),

    /// `USER: ... ASSISTANT: ... ` without a system sentence: the template of the Hugging Face conversions.
    VICUNA("vicuna", "llava_hf", Shape.roles("", " "), "</s>"),

    /// [#VICUNA_V1] with Phi's end of text: LLaVA-Phi, TinyLLaVA with Phi-2.
    PHI("phi", "phi-2_v0", Shape.roles(Shape.CURIOUS_USER, "<|endoftext|>"), "<|endoftext|>"),

    /// [#VICUNA_V1] by its name in TinyLLaVA: TinyLlama, OpenELM.
    LLAMA("llama", "", Shape.roles(Shape.CURIOUS_USER, "</s>"), "</s>"),

    /// `[INST] ... [/INST] ...</s>`: LLaVA-1.6 with Mistral. It has no place for a system message.
    MISTRAL_INSTRUCT(
            "mistral_instruct",
            "mistral",
            new Shape("", Turn.NONE, new Turn("[INST] ", " [/INST]"), new Turn(" ", "</s>"), ""),
            "</s>"),

    /// `<|im_start|>user\n...<|im_end|>` with no new line between turns: LLaVA-1.6 34B.
    CHATML_DIRECT(
            "chatml_direct",
            "chatml",
            new Shape(
                    "Answer the questions.",
                    new Turn("<|im_start|>system\n", "<|im_end|>"),
                    new Turn("<|im_start|>user\n", "<|im_end|>"),
                    new Turn("<|im_start|>assistant\n", "<|im_end|>"),
                    "<|im_start|>assistant\n"),
            "<|im_end|>"),

    /// The texts as they are, a line each: models before any instruction tuning.
    PLAIN("plain", "", new Shape("", new Turn("", "\n"), new Turn("", "\n"), new Turn("", "\n"), ""), "");

    /// The mark of an image in a text.
    public static final String IMAGE = "<image>";

    /// Whose message it is.
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT
    }

    /// One message of a conversation.
    ///
    /// @param images how many images come with it; only a user's message has any
    public record Message(Role role, int images, String text) {
        public Message {
            if (images < 0 || (images > 0 && role != Role.USER)) {
                throw new IllegalArgumentException(images + " images in a message of " + role);
            }
        }
    }

    /// What stands before and behind a message.
    private record Turn(String before, String after) {
        static final Turn NONE = new Turn("", "");

        String around(Message message) {
            return before + (IMAGE + "\n").repeat(message.images()) + message.text() + after;
        }
    }

    /// @param usualSystem the system message of a conversation that has none, or empty
    /// @param answer what invites the model to answer
    private record Shape(String usualSystem, Turn system, Turn user, Turn assistant, String answer) {
        static final String CURIOUS_USER = "A chat between a curious user and an artificial intelligence assistant. "
                + "The assistant gives helpful, detailed, and polite answers to the user's questions.";
        static final String CURIOUS_HUMAN = "A chat between a curious human and an artificial intelligence assistant. "
                + "The assistant gives helpful, detailed, and polite answers to the human's questions.";

        static Shape roles(String usualSystem, String end) {
            return new Shape(
                    usualSystem,
                    new Turn("", " "),
                    new Turn("USER: ", " "),
                    new Turn("ASSISTANT: ", end),
                    "ASSISTANT:");
        }

        Turn turn(Role role) {
            return switch (role) {
                case SYSTEM -> system;
                case USER -> user;
                case ASSISTANT -> assistant;
            };
        }
    }

    private final String label;
    private final String alias;

    @SuppressWarnings("ImmutableEnumChecker") // a record of strings and such records is immutable
    private final Shape shape;

    private final String stop;

    ChatFormat(String label, String alias, Shape shape, String stop) {
        this.label = label;
        this.alias = alias;
        this.shape = shape;
        this.stop = stop;
    }

    /// The name by which [#named] finds the format.
    public String label() {
        return label;
    }

    /// The format of that name.
    ///
    /// @throws IllegalArgumentException if there is none; the message lists the names
    public static ChatFormat named(String name) {
        for (ChatFormat format : values()) {
            if (name.equals(format.label) || (!name.isEmpty() && name.equals(format.alias))) {
                return format;
            }
        }
        throw new IllegalArgumentException("no chat format \"" + name + "\"; there are " + names());
    }

    static String names() {
        return Arrays.stream(values()).map(ChatFormat::label).collect(Collectors.joining(", "));
    }

    /// The format a checkpoint was trained with, from its chat template or, failing that, from its config.
    ///
    /// @throws dev.fovea.engine.file.ModelFormatException if neither is known; it lists the names
    public static ChatFormat of(Path modelDirectory) {
        return of(modelDirectory, SmallFiles.in(modelDirectory));
    }

    /// The same of a checkpoint's files.
    ///
    /// @param place of the files, for messages
    public static ChatFormat of(Path place, SmallFiles files) {
        return new ChatTemplates(place, files).format();
    }

    /// The format a GGUF file's chat template stands for.
    ///
    /// @throws dev.fovea.engine.file.ModelFormatException if it has none or an unknown one; it lists the names
    public static ChatFormat of(GgufMetadata metadata) {
        return ChatTemplates.format(metadata);
    }

    /// The conversation as one text, images as marks.
    ///
    /// @param addGenerationPrompt whether the text ends with what invites the model's answer
    /// @throws IllegalArgumentException if a system message is not the first, or the format has no place for one
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        List<Message> all = new ArrayList<>(messages);
        boolean system = !all.isEmpty() && all.getFirst().role() == Role.SYSTEM;
        if (!system && !shape.usualSystem().isEmpty()) {
            all.addFirst(new Message(Role.SYSTEM, 0, shape.usualSystem()));
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < all.size(); i++) {
            Role role = all.get(i).role();
            if (role == Role.SYSTEM && (i > 0 || shape.system().equals(Turn.NONE))) {
                throw new IllegalArgumentException(label
                        + (i > 0 ? " takes a system message only as the first" : " has no place for a system message"));
            }
            text.append(shape.turn(role).around(all.get(i)));
        }
        return text.append(addGenerationPrompt ? shape.answer() : "").toString();
    }

    /// What follows the model's answer when the user goes on: the answer's end, the user's message and what
    /// invites the next answer. A session that has read the conversation up to the answer, without a stop token,
    /// has to read only this; [Tokenizer#encodeContinuation] encodes it.
    public String followUp(Message user) {
        if (user.role() != Role.USER) {
            throw new IllegalArgumentException("a follow-up is the user's, not of " + user.role());
        }
        return shape.assistant().after() + shape.user().around(user) + shape.answer();
    }

    /// The texts that end an answer; the tokenizer's EOS ends one besides.
    public List<String> stopStrings() {
        return stop.isEmpty() ? List.of() : List.of(stop);
    }

    /// The ids that end an answer: EOS, and of the stop strings those that are one token. Ascending.
    public int[] stopIds(Tokenizer tokenizer) {
        Stream<OptionalInt> strings = stopStrings().stream().map(tokenizer::id);
        return Stream.concat(Stream.of(tokenizer.eos()), strings)
                .flatMapToInt(OptionalInt::stream)
                .sorted()
                .distinct()
                .toArray();
    }
}
