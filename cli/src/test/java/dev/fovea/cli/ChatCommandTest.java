package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `fovea chat` as scripts use it.
class ChatCommandTest {
    private static final int WHOLE = 2340;

    @TempDir
    static Path directory;

    private static String model = "";
    private static String image = "";

    @BeforeAll
    static void prepare() {
        model = TinyCheckpoint.llavaNext(directory.resolve("model")).toString();
        image = Ran.picture(directory, "picture.png", 640, 480).toString();
    }

    private static Ran chat(String in, String... more) {
        List<String> args = new ArrayList<>(List.of("chat", "--model", model, "--max-tokens", "3"));
        args.addAll(List.of(more));
        return Ran.fovea(in, args);
    }

    private static List<JsonNode> answers(Ran ran) {
        assertThat(ran.code()).isZero();
        return ran.out().lines().map(line -> JsonMapper.shared().readTree(line)).toList();
    }

    @Test
    void aFollowUpCostsNoVisionWork() {
        List<JsonNode> answers = answers(chat("What?\n\nAnd then?\n", "--image", image, "--json"));

        assertThat(answers).hasSize(2);
        assertThat(answers.get(0).get("prompt_tokens").intValue()).isGreaterThan(WHOLE);
        assertThat(answers.get(1).get("prompt_tokens").intValue()).isLessThan(100);
        assertThat(answers.get(1).get("images")).isEmpty();
        assertThat(answers.get(1).get("timing_ms").get("vision").doubleValue()).isZero();
    }

    @Test
    void answersAreLinesAndCostsGoToErrors() {
        Ran ran = chat("What?\nAnd then?\n/quit\nNever asked\n", "--image", image);

        assertThat(ran.code()).isZero();
        assertThat(ran.out().lines()).hasSize(2);
        assertThat(ran.err().lines()).hasSize(2).allMatch(line -> line.contains("first token after"));
    }

    @Test
    void imagesComeWithTheNextQuestion() {
        List<JsonNode> answers = answers(chat("Hello\n/image " + image + "\nWhat?\n", "--json"));

        assertThat(answers.get(0).get("images")).isEmpty();
        assertThat(answers.get(1).get("images")).hasSize(1);
    }

    @Test
    void anotherMethodBeginsAnewWithTheSameImages() {
        Ran ran = chat("What?\n/method hired\n/budget 100\nWhat?\n", "--image", image, "--json");
        List<JsonNode> answers = answers(ran);

        assertThat(ran.err()).contains("a new conversation with hired");
        assertThat(answers.get(1).get("method").get("budget").intValue()).isEqualTo(100);
        assertThat(answers.get(1).get("images").get(0).get("tokens").intValue()).isBetween(1, 100);
    }

    @Test
    void aScriptEndsAtItsFirstMistake() {
        Ran ran = chat("/fly\nWhat?\n");

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains("chat: expected /image FILE", "found /fly");
    }
}
