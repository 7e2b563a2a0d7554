package dev.fovea.eval.task;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.fovea.eval.Sample;
import dev.fovea.eval.Scored;
import dev.fovea.eval.Task;
import dev.fovea.eval.file.TaskFiles;
import dev.fovea.eval.file.TaskFormatException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// A folder in a benchmark's published layout, made for a test.
///
/// @param folder an empty folder
record Layout(Path folder) {
    /// Writes a file; for legibility `'` stands for `"`.
    Layout json(String name, String... lines) {
        try {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, String.join("\n", lines).replace('\'', '"') + "\n");
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Writes small pictures, as PNG whatever their name.
    Layout pictures(String... names) {
        try {
            for (String name : names) {
                Path file = folder.resolve(name);
                Files.createDirectories(file.getParent());
                ImageIO.write(new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    TaskFiles files() {
        return TaskFiles.open(folder);
    }

    /// The task of that name on this folder.
    Task open(String name) {
        return Tasks.open(name + ":" + folder, Optional.empty());
    }

    /// Scores `answers`, given in the order of the samples.
    static List<Scored> scored(Task task, String... answers) {
        List<Scored> scored = new ArrayList<>();
        for (int i = 0; i < answers.length; i++) {
            Sample sample = task.samples().get(i);
            scored.add(new Scored(sample, answers[i], task.score(sample, answers[i])));
        }
        return scored;
    }

    /// The metrics' values by name.
    static Map<String, Double> values(Task task, List<Scored> scored) {
        Map<String, Double> values = new LinkedHashMap<>();
        task.metrics(scored).forEach(metric -> values.put(metric.name(), metric.value()));
        return values;
    }

    static void fails(ThrowingCallable call, String message) {
        assertThatExceptionOfType(TaskFormatException.class).isThrownBy(call).withMessageContaining(message);
    }
}
