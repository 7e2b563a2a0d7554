package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Commands in a process of their own, as the launcher starts them.
class ProcessTest {
    @TempDir
    private Path directory = Path.of("");

    private Process start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dsun.jnu.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.fovea.cli.Main"));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectErrorStream(false).start();
    }

    @Test
    void standardOutputHoldsTheObjectAndNothingElse() throws IOException, InterruptedException {
        String model = TinyCheckpoint.llavaNext(directory.resolve("model")).toString();
        String image = Ran.picture(directory, "picture.png", 300, 200).toString();
        Process process = start("ask", "--model", model, "--image", image, "--max-tokens", "2", "--json", "What?");
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(err).isZero();
        assertThat(JsonMapper.shared().readTree(out).get("token_ids")).hasSize(2);
        // the JVM's own warning of the incubator module, which the launcher takes away
        assertThat(err.lines().filter(line -> !line.startsWith("WARNING: Using incubator")))
                .isEmpty();
    }

    @Test
    void failuresReachTheShell() throws IOException, InterruptedException {
        Process process = start("ask", "--model", "nowhere", "What?");
        process.getOutputStream().close();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(err).contains("fovea: nowhere: expected a checkpoint directory");
    }
}
