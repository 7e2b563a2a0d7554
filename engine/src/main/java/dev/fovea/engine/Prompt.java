package dev.fovea.engine;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// What a session is asked: text, and the images that its `<image>` marks stand for, in order.
public sealed interface Prompt {
    /// The images, one for each mark.
    List<ImageInput> images();

    /// A user's turn in the model's conversation format: the images, then the question.
    record Question(String text, List<ImageInput> images) implements Prompt {
        public Question {
            images = List.copyOf(images);
            if (text.contains(MARK)) {
                throw new IllegalArgumentException("question: expected no " + MARK
                        + " mark (images come first), found one;" + " use a raw prompt to place images yourself");
            }
        }
    }

    /// Text that goes to the tokenizer as it is, without a conversation format.
    record Raw(String text, List<ImageInput> images) implements Prompt {
        public Raw {
            images = List.copyOf(images);
        }
    }

    /// Token ids as they are; the model's image token stands for an image.
    record Tokens(int[] ids, List<ImageInput> images) implements Prompt {
        public Tokens {
            images = List.copyOf(images);
        }
    }

    /// The mark that stands for an image in text.
    String MARK = "<image>";

    /// A question about image files.
    static Prompt ask(String question, Path... images) {
        return new Question(question, files(images));
    }

    /// Raw text about image files.
    static Prompt raw(String text, Path... images) {
        return new Raw(text, files(images));
    }

    private static List<ImageInput> files(Path[] images) {
        return Arrays.stream(images).<ImageInput>map(ImageInput.File::new).toList();
    }
}
