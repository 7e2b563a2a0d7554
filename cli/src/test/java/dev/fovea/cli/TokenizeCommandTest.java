package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// `fovea tokenize` with nothing but tokenizer files.
class TokenizeCommandTest {
    @TempDir
    static Path directory;

    @BeforeAll
    static void prepare() throws IOException {
        TinyCheckpoint.writeTokenizer(directory);
    }

    @Test
    void aTextBecomesIdsAndTextAgain() {
        Ran ran = Ran.fovea("tokenize", "--model", directory.toString(), "--json", "a<image>é");

        assertThat(ran.code()).isZero();
        assertThat(ran.json().propertyNames()).containsExactly("ids", "text");
        // <s>, word mark, a, the image, two bytes of é
        int mark = 3 + 256;
        int a = mark + 1 + 'a' - '!';
        assertThat(ran.json().get("ids").toString())
                .isEqualTo(
                        List.of(1, mark, a, 2046, 3 + 0xC3, 3 + 0xA9).toString().replace(" ", ""));
        assertThat(ran.json().get("text").stringValue()).isEqualTo("<s> a<image>é");
    }

    @Test
    void everyLineBecomesALine() {
        Ran ran = Ran.fovea(
                "\"one\"\n\"two\\nlines\"\n\"\"\n", List.of("tokenize", "--model", directory.toString(), "--lines"));

        assertThat(ran.code()).isZero();
        assertThat(ran.out().lines())
                .map(line -> JsonMapper.shared().readTree(line).get("text").stringValue())
                .containsExactly("<s> one", "<s> two\nlines", "<s>");
    }

    @Test
    void aLineThatIsNoStringIsNamed() {
        Ran ran = Ran.fovea("\"one\"\n5\n", List.of("tokenize", "--model", directory.toString(), "--lines"));

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out().lines()).hasSize(1);
        assertThat(ran.err()).contains("standard input, line 2: expected a JSON string, found 5");
    }
}
