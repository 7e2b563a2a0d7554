package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Everything that goes wrong ends in one line that names what was expected and found, and an exit code.
class FailuresTest {
    private static final int FAILED = 1;
    private static final int NOT_UNDERSTOOD = 2;

    @TempDir
    static Path directory;

    @BeforeAll
    static void prepare() throws IOException {
        TinyCheckpoint.llavaNext(directory.resolve("model"));
        Ran.picture(directory, "good.png", 300, 200);
        Files.writeString(directory.resolve("text.png"), "not an image");
        byte[] whole = Files.readAllBytes(directory.resolve("good.png"));
        Files.write(directory.resolve("cut.png"), Arrays.copyOf(whole, whole.length / 2));
        Files.createDirectory(directory.resolve("empty"));
    }

    /// A command, its exit code and what its line must hold; `@` is the directory with model and images.
    record Case(String args, int code, List<String> said) {
        static Case of(String args, int code, String... said) {
            return new Case(args, code, List.of(said));
        }

        @Override
        public String toString() {
            return "fovea " + args;
        }
    }

    static Stream<Case> failures() {
        String ask = "ask --model @model ";
        return Stream.of(
                Case.of("", NOT_UNDERSTOOD, "expected a command, one of ask, chat", "found none"),
                Case.of("aks", NOT_UNDERSTOOD, "expected a command, one of ask", "found aks"),
                Case.of("eval --out @x", NOT_UNDERSTOOD, "expected --task TASK, found none"),
                Case.of(ask, NOT_UNDERSTOOD, "question: expected one", "found none"),
                Case.of(ask + "--imagee x Hi", NOT_UNDERSTOOD, "found --imagee", "did you mean --image"),
                Case.of(ask + "--max-tokens few Hi", NOT_UNDERSTOOD, "--max-tokens", "a whole number, found few"),
                Case.of(ask + "--max-tokens 0 Hi", NOT_UNDERSTOOD, "max tokens: expected at least 1, found 0"),
                Case.of(ask + "--top-p 2 Hi", NOT_UNDERSTOOD, "top-p: expected", "found 2.0"),
                Case.of(ask + "--threads 0 Hi", NOT_UNDERSTOOD, "--threads: expected at least 1, found 0"),
                Case.of(ask + "--cache f8 Hi", NOT_UNDERSTOOD, "--cache", "f32 or f16, found f8"),
                Case.of(
                        ask + "--kernels gpu Hi",
                        NOT_UNDERSTOOD,
                        "kernels: expected one of avx2, avxvnni, onednn, scalar, vector, vnni"),
                Case.of(ask + "--chat klingon Hi", NOT_UNDERSTOOD, "klingon", "mistral_instruct"),
                Case.of(ask + "--method magic Hi", NOT_UNDERSTOOD, "expected one of", "hired", "found magic"),
                Case.of(ask + "--method fastv,hired Hi", NOT_UNDERSTOOD, "vision-side", "fastv"),
                Case.of(ask + "--method hired --budget much Hi", NOT_UNDERSTOOD, "budget: expected", "found much"),
                Case.of(ask + "--method hired --budget 1.5 Hi", NOT_UNDERSTOOD, "budget: expected", "found 1.5"),
                Case.of(ask + "--method hired --set alpha Hi", NOT_UNDERSTOOD, "name=value, found alpha"),
                Case.of(ask + "--method hired --set alpha=x Hi", NOT_UNDERSTOOD, "a number, found x"),
                Case.of(ask + "--method hired --set beta=1 Hi", NOT_UNDERSTOOD, "expected settings of", "found beta"),
                Case.of(ask + "--method hired --preset my Hi", NOT_UNDERSTOOD, "paper or reference, found my"),
                Case.of(ask + "--image @good.png Hi there", NOT_UNDERSTOOD, "one question, in quotes", "Hi there"),
                Case.of(ask + "a<image>b", NOT_UNDERSTOOD, "expected no <image> mark", "found one"),
                Case.of(ask + "--context 99999999 Hi", NOT_UNDERSTOOD, "context length: expected", "found 99999999"),
                Case.of(ask + "--image @good.png --context 100 Hi", FAILED, "prompt too long", "expected", "found"),
                Case.of("ask --model @nowhere Hi", FAILED, "nowhere: expected a checkpoint directory", "found"),
                Case.of("ask --model @empty Hi", FAILED, "expected", "found"),
                Case.of(ask + "--image @none.png Hi", FAILED, "none.png: expected an image file, found none"),
                Case.of(ask + "--image @empty Hi", FAILED, "empty: expected an image file, found something else"),
                Case.of(ask + "--image @text.png Hi", FAILED, "text.png: expected", "found"),
                Case.of(ask + "--image @cut.png Hi", FAILED, "cut.png: expected", "found"),
                Case.of(ask + "--method flexattention Hi", NOT_UNDERSTOOD, "flexattention: expected", "found a llava"),
                Case.of("tokenize --model @model", NOT_UNDERSTOOD, "expected a text in quotes or --lines"),
                Case.of("tokenize --model @empty Hi", FAILED, "expected tokenizer.json or tokenizer.model"),
                Case.of("inspect --model @model", NOT_UNDERSTOOD, "expected --image FILE, found none"),
                Case.of("inspect --model @model --image @good.png --out @x.jpg", NOT_UNDERSTOOD, ".png, found"),
                Case.of("inspect --model @model --image @good.png --out @no/x.png", NOT_UNDERSTOOD, "no directory"),
                Case.of("bench --methods none", NOT_UNDERSTOOD, "expected", "--model", "--shape"),
                Case.of("bench --shape gpt-5", NOT_UNDERSTOOD, "shape: expected one of", "found gpt-5"),
                Case.of("bench --shape llava-next-tiny --image-size 5", NOT_UNDERSTOOD, "height x width", "found 5"),
                Case.of("bench --shape llava-next-tiny --runs 0", NOT_UNDERSTOOD, "at least one", "found"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void endInOneLineAndACode(Case failure) {
        List<String> args = arguments(failure.args);
        Ran ran = Ran.fovea("", args);

        assertThat(ran.out()).isEmpty();
        assertThat(ran.err().lines()).hasSize(1);
        assertThat(ran.err()).startsWith("fovea: ").contains(failure.said).doesNotContain("Exception");
        assertThat(ran.code()).isEqualTo(failure.code);
    }

    private static List<String> arguments(String line) {
        List<String> args = new ArrayList<>();
        for (String word : line.split(" ", -1)) {
            if (!word.isEmpty()) {
                args.add(
                        word.startsWith("@")
                                ? directory.resolve(word.substring(1)).toString()
                                : word);
            }
        }
        return args;
    }

    @Test
    void debugShowsWhere() {
        List<String> args = arguments("ask --debug --model @nowhere Hi");

        assertThat(Ran.fovea("", args).err()).contains("ModelFormatException", "at dev.fovea.", "fovea: ");
    }
}
