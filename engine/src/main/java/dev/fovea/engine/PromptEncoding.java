package dev.fovea.engine;

import dev.fovea.engine.tokenizer.ChatFormat;
import dev.fovea.engine.tokenizer.ChatFormat.Message;
import dev.fovea.engine.tokenizer.ChatFormat.Role;
import dev.fovea.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Turns prompts into token ids in which the image token stands for an image.
record PromptEncoding(Optional<Tokenizer> tokenizer, Optional<ChatFormat> chat, int imageToken) {

    /// @param first whether the prompt opens the conversation
    int[] ids(Prompt prompt, boolean first) {
        return switch (prompt) {
            case Prompt.Tokens tokens -> tokens.ids();
            case Prompt.Raw raw -> encode(raw.text(), first);
            case Prompt.Question question -> {
                ChatFormat format = chat.orElseThrow(PromptEncoding::noTokenizer);
                Message message = new Message(Role.USER, question.images().size(), question.text());
                yield encode(first ? format.render(List.of(message), true) : format.followUp(message), first);
            }
        };
    }

    static IllegalStateException noTokenizer() {
        return new IllegalStateException("prompt: expected token ids, since the model has no tokenizer, found text");
    }

    private int[] encode(String text, boolean first) {
        Tokenizer vocabulary = tokenizer.orElseThrow(PromptEncoding::noTokenizer);
        OptionalInt mark = vocabulary.id(Prompt.MARK);
        if (mark.isPresent() && mark.getAsInt() == imageToken) {
            return first ? vocabulary.encode(text) : vocabulary.encodeContinuation(text);
        }
        // The original LLaVA code: the text between marks is encoded piece by piece, each with its own prefix space.
        String[] pieces = text.split(Prompt.MARK, -1);
        IntStream ids = IntStream.empty();
        for (int i = 0; i < pieces.length; i++) {
            boolean withStart = first && i == 0;
            int[] piece = withStart ? vocabulary.encode(pieces[i]) : vocabulary.encodeWithoutSpecials(pieces[i]);
            ids = IntStream.concat(
                    i == 0 ? ids : IntStream.concat(ids, IntStream.of(imageToken)), Arrays.stream(piece));
        }
        return ids.toArray();
    }
}
