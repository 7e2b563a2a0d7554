package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class JsonTest {
    private static final Path FILE = Path.of("x.json");

    @TempDir
    Path folder;

    @Test
    void aFileIsReadWhole() throws IOException {
        Path file = Files.writeString(folder.resolve("a.json"), " {\"a\": [1, 2.5, \"ü\\u0041\", null, true]}\n");
        JsonNode tree = Json.read(file);
        assertThat(tree.path("a").size()).isEqualTo(5);
        assertThat(tree.path("a").path(0).intValue()).isEqualTo(1);
        assertThat(tree.path("a").path(2).stringValue()).isEqualTo("üA");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1,}",
                "{a:1}",
                "'a'",
                "NaN",
                "[1] [2]",
                "{}x",
                "// c\n1",
                "01",
                "\"\t\""
            })
    void whatIsNoJsonIsRefused(String text) {
        assertThat(refusal(text)).hasMessageStartingWith("x.json").hasMessageContaining("expected JSON, found ");
    }

    @Test
    void theRefusalNamesThePlace() {
        assertThat(refusal("{\"a\": }").offset().orElseThrow()).isBetween(5L, 7L);
        assertThat(refusal("{\"a\": }")).hasMessageMatching("x\\.json, byte [567]: expected JSON, found Unexpected .*");
    }

    @Test
    void keysGivenTwiceAreRefusedAtEveryDepth() {
        assertThat(refusal("{\"a\":1,\"a\":1}").found()).startsWith("Duplicate").contains("\"a\"");
        assertThat(refusal("[{\"b\":{\"c\":1,\"c\":2}}]").found())
                .startsWith("Duplicate")
                .contains("\"c\"");
    }

    @Test
    void depthIsLimited() {
        assertThat(parse("[".repeat(64) + "]".repeat(64)).isArray()).isTrue();
        assertThat(refusal("[".repeat(65) + "]".repeat(65)).found())
                .contains("nesting depth")
                .contains("64");
        assertThat(refusal("{\"a\":".repeat(100_000)).found()).contains("nesting depth");
    }

    @Test
    void numbersStringsAndNamesAreLimited() {
        assertThat(parse("1".repeat(256)).isIntegralNumber()).isTrue();
        assertThat(refusal("1".repeat(257)).found()).contains("length").contains("256");
        assertThat(refusal("0." + "1".repeat(300)).found()).contains("length").contains("256");
        assertThat(parse("\"" + "a".repeat(1 << 24) + "\"").isString()).isTrue();
        assertThat(refusal("\"" + "a".repeat((1 << 24) + 1) + "\"").found()).contains("String value length");
        assertThat(refusal("{\"" + "a".repeat((1 << 16) + 1) + "\":1}").found()).contains("Name length");
    }

    @Test
    void aFileOfNothingButBracketsDoesNotFillTheMemory() {
        byte[] bomb = ("[" + "[],".repeat(3_000_000) + "1]").getBytes(StandardCharsets.US_ASCII);
        // Four million tokens at no more than 80 bytes, and the parser's buffers.
        Corruption.withinMemory(330_000_000, () -> {
            ModelFormatException refusal =
                    catchThrowableOfType(ModelFormatException.class, () -> Json.parse(bomb, FILE));
            assertThat(refusal.found()).contains("Token count").contains("4000000");
        });
    }

    @Test
    void filesOverTheLimitAreRefusedUnread() throws IOException {
        Path file = folder.resolve("big.json");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(new byte[1]), Json.MAX_BYTES);
        }
        Corruption.withinMemory(
                1 << 20,
                () -> assertThat(catchThrowableOfType(ModelFormatException.class, () -> Json.read(file)))
                        .hasMessage(file + ": expected at most 268435456 bytes, found 268435457 bytes"));
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThat(catchThrowableOfType(ModelFormatException.class, () -> Json.read(folder)))
                .hasMessage(folder + ": expected a regular file, found a directory or device");
        Path missing = folder.resolve("missing.json");
        assertThat(catchThrowableOfType(ModelFormatException.class, () -> Json.read(missing)))
                .hasMessage(missing + ": expected a file, found nothing of that name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void otherEncodingsAreRefused(String charset) {
        byte[] bytes = "{\"a\":1}".getBytes(Charset.forName(charset));
        ModelFormatException refusal = catchThrowableOfType(ModelFormatException.class, () -> Json.parse(bytes, FILE));
        assertThat(refusal.expected()).isEqualTo("JSON in UTF-8");
    }

    @Test
    void brokenUtf8IsRefused() {
        byte[] bytes = {'"', (byte) 0xc3, '"'};
        assertThat(catchThrowableOfType(ModelFormatException.class, () -> Json.parse(bytes, FILE))
                        .found())
                .contains("UTF-8");
    }

    @Test
    void refusalsQuoteOnlyTheBeginningOfAHugeText() {
        assertThat(refusal("{\"" + "a".repeat(60_000) + "\":1,\"" + "a".repeat(60_000) + "\":1}")
                        .getMessage())
                .hasSizeLessThan(3000);
    }

    private static JsonNode parse(String text) {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8), FILE);
    }

    private static ModelFormatException refusal(String text) {
        ModelFormatException refusal = catchThrowableOfType(ModelFormatException.class, () -> parse(text));
        assertThat(refusal)
                .as("refusal of " + text.substring(0, Math.min(50, text.length())))
                .isNotNull();
        return refusal;
    }
}
