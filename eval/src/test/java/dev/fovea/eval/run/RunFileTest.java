package dev.fovea.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.engine.ModelSource;
import dev.fovea.eval.Task;
import dev.fovea.kernel.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a directory's answers are answers to.
class RunFileTest {
    @TempDir
    Path directory;

    /// The value is another process's: a digest that differed between processes would stop every run from going on.
    @Test
    void aTaskHasTheSameDigestInEveryProcess() {
        try (Task task = Shared.hrMini()) {
            assertThat(RunFile.digest(task)).isEqualTo("hr-mini of 3986 questions af215838ed2d6a81");
        }
    }

    @Test
    void aCheckpointIsToldByItsConfigAndItsFiles() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{}");
        String empty = digest(ModelSource.of(directory));
        assertThat(digest(ModelSource.of(directory))).isEqualTo(empty);
        Files.writeString(directory.resolve("config.json"), "[]");
        String changed = digest(ModelSource.of(directory));
        Files.writeString(directory.resolve("model.safetensors"), "x");
        assertThat(digest(ModelSource.of(directory))).isNotIn(empty, changed);
        assertThat(changed).isNotEqualTo(empty);
    }

    /// Each of these answers differently from the others.
    @Test
    void aModelInFilesIsToldByAllThatItIsLoadedWith() throws IOException {
        Path text = Files.writeString(directory.resolve("model.gguf"), "text");
        Path tower = Files.writeString(directory.resolve("mmproj.gguf"), "tower");
        Path other = Files.createDirectory(directory.resolve("other"));
        Path sameName = Files.writeString(other.resolve("mmproj.gguf"), "power");
        ModelSource pair = new ModelSource(text, Optional.of(tower), Optional.empty());
        List<String> digests = List.of(
                digest(ModelSource.of(text)),
                digest(pair),
                digest(new ModelSource(text, Optional.of(sameName), Optional.empty())),
                digest(new ModelSource(text, Optional.of(tower), Optional.of(Format.Q4_0))),
                RunFile.digest(pair, Optional.of("vicuna_v1")));
        assertThat(digests).doesNotHaveDuplicates();
        assertThat(digest(pair)).isEqualTo(digests.get(1));
        Files.writeString(tower, "longer tower");
        assertThat(digest(pair)).isNotIn(digests);
    }

    private static String digest(ModelSource model) {
        return RunFile.digest(model, Optional.empty());
    }

    @Test
    void whatWasSavedIsRequired() {
        RunFile first = RunFile.open(directory);
        first.require("task", "a");
        first.save();
        RunFile second = RunFile.open(directory);
        second.require("task", "a");
        second.require("model x", "1");
        assertThatThrownBy(() -> second.require("task", "b"))
                .hasMessage(directory.resolve("run.json")
                        + ": task: expected \"a\", of which the directory holds answers, found \"b\"; choose another"
                        + " --out or remove this one");
    }
}
