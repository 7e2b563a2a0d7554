package dev.fovea.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.eval.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        String empty = RunFile.digest(directory);
        assertThat(RunFile.digest(directory)).isEqualTo(empty);
        Files.writeString(directory.resolve("config.json"), "[]");
        String changed = RunFile.digest(directory);
        Files.writeString(directory.resolve("model.safetensors"), "x");
        assertThat(RunFile.digest(directory)).isNotIn(empty, changed);
        assertThat(changed).isNotEqualTo(empty);
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
