package dev.fovea.engine;

import dev.fovea.engine.tokenizer.ChatFormat;
import dev.fovea.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Turns prompts into token ids in which the image token stands for an image.
record PromptEncoding(Optional<Tokenizer> tokenizer, Optional<ChatFormat> chat, int imageToken) {

    /// @param first whether the prompt opens the conversation
    int[] ids(Prompt prompt, boolean first) {
        return switch (prompt) {
            case Prompt.Tokens(int[] ids, _) -> ids;
            case Prompt.Raw(String text, _) -> encode(text, first);
            case Prompt.Question(String text, var images) -> {
                ChatFormat format = chat.orElseThrow(PromptEncoding::noTokenizer);
                yield encode(first ? format.firstTurn(text, images.size()) : format.followUp(text, images.size()), first);
            }
        };
    }

    private static IllegalStateException noTokenizer() {
        return new IllegalStateException("prompt: expected token ids, since the model has no tokenizer, found text");
    }

    private int[] encode(String text, boolean first) {
        Tokenizer vocabulary = tokenizer.orElseThrow(PromptEncoding::noTokenizer);
        OptionalInt mark = vocabulary.id(Prompt.MARK);
        if (mark.isPresent() && mark.getAsInt() == imageToken) {
            return first ? vocabulary.encode(text) : vocabulary.encodeWithoutSpecials(text);
        }
        // The original LLaVA code: the text between marks is encoded piece by piece, each with its own prefix space.
        String[] pieces = text.split(Prompt.MARK, -1);
        IntStream ids = IntStream.empty();
        for (int i = 0; i < pieces.length; i++) {
            boolean withStart = first && i == 0;
            int[] piece = withStart ? vocabulary.encode(pieces[i]) : vocabulary.encodeWithoutSpecials(pieces[i]);
            ids = IntStream.concat(i == 0 ? ids : IntStream.concat(ids, IntStream.of(imageToken)), Arrays.stream(piece));
        }
        return ids.toArray();
    }
}
