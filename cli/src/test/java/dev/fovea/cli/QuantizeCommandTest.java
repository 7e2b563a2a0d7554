package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizeCommandTest {
    @TempDir
    Path folder;

    /// One file holds the whole model: tokenizer, conversation format and every tensor.
    @ParameterizedTest
    @ValueSource(strings = {"q8_0", "q4_0"})
    void theFileAnswersAsTheDirectoryRoundedWhileLoading(String weights) throws IOException {
        Path model = TinyCheckpoint.llavaNext(Files.createDirectory(folder.resolve("model")));
        String image = Ran.picture(folder, "a.png", 400, 300).toString();
        Path out = folder.resolve("model.gguf");
        Ran written = Ran.fovea("quantize", "--model", model.toString(), "--weights", weights, "--out", out.toString());
        assertThat(written.code()).as(written.err()).isZero();
        assertThat(written.out()).startsWith("wrote " + out + ", ");
        assertThat(answer(image, "--model", out.toString()))
                .isEqualTo(answer(image, "--model", model.toString(), "--weights", weights))
                .isNotEmpty();
        Path again = folder.resolve("again.gguf");
        assertThat(Ran.fovea("quantize", "--model", out.toString(), "--weights", "q4_0", "--out", again.toString())
                        .code())
                .isZero();
        assertThat(again).hasSameBinaryContentAs(weights.equals("q4_0") ? out : again);
        assertThat(answer(image, "--model", again.toString())).isEqualTo(answer(image, "--model", out.toString()));
    }

    @Test
    void flexAttentionsCheckpointKeepsItsTowersFiles() throws IOException {
        Path model = TinyCheckpoint.flex(Files.createDirectory(folder.resolve("model")));
        String image = Ran.picture(folder, "a.png", 400, 300).toString();
        Path out = folder.resolve("model.gguf");
        Ran written = Ran.fovea("quantize", "--model", model.toString(), "--weights", "q8_0", "--out", out.toString());
        assertThat(written.code()).as(written.err()).isZero();
        assertThat(answer(image, "--model", out.toString(), "--method", "flexattention"))
                .isEqualTo(answer(image, "--model", model.toString(), "--weights", "q8_0", "--method", "flexattention"))
                .isNotEmpty();
    }

    @Test
    void threadsAreNotInTheFile() throws IOException {
        Path model = TinyCheckpoint.llavaNext(Files.createDirectory(folder.resolve("model")));
        Path one = folder.resolve("one.gguf");
        Path two = folder.resolve("two.gguf");
        assertThat(quantize(model, one, "1").code()).isZero();
        assertThat(quantize(model, two, "2").code()).isZero();
        assertThat(two).hasSameBinaryContentAs(one);

        Ran none = quantize(model, folder.resolve("none.gguf"), "0");
        assertThat(none.code()).isNotZero();
        assertThat(none.err()).contains("--threads: expected at least 1, found 0");
    }

    private static Ran quantize(Path model, Path out, String threads) {
        return Ran.fovea(
                "quantize",
                "--model",
                model.toString(),
                "--weights",
                "q4_0",
                "--out",
                out.toString(),
                "--threads",
                threads);
    }

    @Test
    void nothingIsLeftWhereNothingCouldBeWritten() throws IOException {
        Path model = Files.createDirectory(folder.resolve("model"));
        Path out = folder.resolve("model.gguf");
        Ran failed = Ran.fovea("quantize", "--model", model.toString(), "--weights", "q8_0", "--out", out.toString());
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("config.json");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(model);
        }
    }

    private static String answer(String image, String... model) {
        String[] args = java.util.stream.Stream.concat(
                        java.util.stream.Stream.of("ask", "--image", image, "--json", "--max-tokens", "6"),
                        java.util.stream.Stream.concat(
                                java.util.stream.Stream.of(model), java.util.stream.Stream.of("What is it?")))
                .toArray(String[]::new);
        Ran ran = Ran.fovea(args);
        assertThat(ran.code()).as(ran.err()).isZero();
        return ran.json().get("token_ids").toString();
    }
}
