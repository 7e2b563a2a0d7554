package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What commands say about themselves.
class HelpTest {
    @ParameterizedTest
    @ValueSource(strings = {"ask", "chat", "inspect", "tokenize", "quantize", "bench", "eval"})
    void everyCommandTeachesByExample(String command) {
        Ran ran = Ran.fovea(command, "--help");

        assertThat(ran.code()).isZero();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out())
                .contains("Usage: fovea " + command, "Examples:")
                .containsPattern("fovea " + command + " -");
        assertThat(ran.out().lines()).allMatch(line -> line.length() <= 120);
        assertThat(Ran.fovea("help", command).out()).isEqualTo(ran.out());
    }

    /// Documents show commands at the beginning of lines; an option they do not have would fail as such.
    @Test
    void commandsInTheReadmeExist() throws IOException {
        Path readme = Path.of(System.getProperty("basedir", "."), "../README.md");
        List<String> commands = Files.readAllLines(readme).stream()
                .filter(line -> line.startsWith("./fovea "))
                .toList();

        assertThat(commands).isNotEmpty();
        for (String command : commands) {
            List<String> args = new ArrayList<>();
            Matcher word = Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(command.substring("./fovea ".length()));
            while (word.find()) {
                args.add(word.group(1) == null ? word.group(2) : word.group(1));
            }
            assertThatCode(() -> Main.commands(Ran.SILENT).parseArgs(args.toArray(String[]::new)))
                    .as(command)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void theFirstPageListsTheCommands() {
        assertThat(Ran.fovea("--help").out())
                .contains("ask", "chat", "inspect", "tokenize", "quantize", "bench", "eval", "Exit codes");
    }

    @Test
    void theVersionNamesJava() {
        assertThat(Ran.fovea("--version").out()).contains("fovea ", "Java " + Runtime.version());
    }
}
