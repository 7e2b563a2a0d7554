package dev.fovea.cli.options;

import dev.fovea.engine.Prompt;
import dev.fovea.engine.image.ImageFormatException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Makes a prompt of what the command line gave: images, a question, or a text that is used as it is.
public final class PromptChoices {
    private PromptChoices() {}

    /// @param images those named by options
    /// @param words  the arguments: further images, then the question
    /// @param raw    the text of a raw prompt; empty for none
    public static Prompt prompt(List<Path> images, List<String> words, String raw) {
        int questions = raw.isEmpty() ? 1 : 0;
        if (words.size() < questions) {
            throw new IllegalArgumentException("question: expected one, in quotes, after the options, found none");
        }
        List<Path> all = new ArrayList<>(images);
        for (String word : words.subList(0, words.size() - questions)) {
            Path image = Path.of(word);
            if (images.isEmpty() || !Files.exists(image)) {
                throw new IllegalArgumentException("arguments: expected "
                        + (raw.isEmpty() ? "one question, in quotes" : "none beside a raw prompt") + ", found "
                        + words.size() + ": " + String.join(" ", words));
            }
            all.add(image);
        }
        Path[] files = all.toArray(Path[]::new);
        requireFiles(all);
        return raw.isEmpty() ? Prompt.ask(words.getLast(), files) : Prompt.raw(raw, files);
    }

    /// Missing images are found before a model is loaded for them.
    public static void requireFiles(List<Path> images) {
        for (Path image : images) {
            if (!Files.isRegularFile(image)) {
                throw new ImageFormatException(
                        image.toString(), "an image file", Files.exists(image) ? "something else" : "none");
            }
        }
    }
}
