package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `fovea eval` on the model and the benchmark that come with Fovea.
class EvalCommandTest {
    @TempDir
    Path directory;

    private Ran eval(String... more) {
        List<String> args = new ArrayList<>(List.of(
                "eval",
                "--task",
                "hr-mini",
                "--limit",
                "1",
                "--out",
                directory.resolve("out").toString()));
        args.addAll(List.of(more));
        return Ran.fovea("", args);
    }

    @Test
    void aRunLeavesAnswersAndBothReports() throws IOException {
        Ran ran = eval("--methods", "none,hired", "--budgets", "0.2");
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        Path out = directory.resolve("out");
        assertThat(Files.readString(out.resolve("report.md")))
                .isEqualTo(ran.out())
                .contains("| hired @ 0.2 |");
        assertThat(Files.readString(out.resolve("report.html"))).contains("<svg", "--methods none,hired");
        List<String> answers = Files.readAllLines(out.resolve("answers.jsonl"));

        Ran again = eval("--methods", "none,hired", "--budgets", "0.2,0.4");
        assertThat(again.code()).isZero();
        assertThat(Files.readAllLines(out.resolve("answers.jsonl")))
                .startsWith(answers.toArray(String[]::new))
                .hasSize(answers.size() / 2 * 3);
        assertThat(again.out()).contains("| hired @ 0.2 |", "| hired @ 0.4 |");
    }

    @Test
    void llamaCppsPairOfFilesIsAskedAndGoesOnWithBothOfThem() throws IOException {
        Path files = Files.createDirectory(directory.resolve("files"));
        TinyCheckpoint.pair(files);
        String model = files.resolve("model.gguf").toString();
        Path tower = files.resolve("mmproj.gguf");
        Path answers = directory.resolve("out").resolve("answers.jsonl");

        Ran alone = eval("--methods", "none", "--model", model);
        assertThat(alone.code()).isNotZero();
        assertThat(alone.err()).contains(model + ": expected the GGUF file of its tower and projector");

        String[] pair = {"--methods", "none", "--chat", "vicuna_v1", "--model", model, "--mmproj", tower.toString()};
        Ran ran = eval(pair);
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("model.gguf");
        List<String> lines = Files.readAllLines(answers);
        assertThat(lines).isNotEmpty();

        assertThat(eval(pair).code()).isZero();
        assertThat(Files.readAllLines(answers)).isEqualTo(lines);

        Path other = files.resolve("other.gguf");
        Files.move(tower, other);
        pair[pair.length - 1] = other.toString();
        Ran changed = eval(pair);
        assertThat(changed.code()).isNotZero();
        assertThat(changed.err()).contains("run.json: model model.gguf: expected");
    }

    @Test
    void unknownTasksAndMethodsAreNamed() {
        Ran ran = Ran.fovea("eval", "--task", "hr-maxi", "--out", directory.toString());
        assertThat(ran.code()).isNotZero();
        assertThat(ran.err()).contains("task: expected one of chartqa", "found hr-maxi");
        Ran method = eval("--methods", "hiread");
        assertThat(method.code()).isNotZero();
        assertThat(method.err()).contains("method: expected one of fastv", "found hiread");
    }
}
