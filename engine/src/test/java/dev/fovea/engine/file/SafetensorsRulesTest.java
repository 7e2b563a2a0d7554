package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsRulesTest {
    @TempDir
    Path folder;

    /// Each row: a header, how many tensor bytes follow it, and what the refusal says.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [1]                                                            | 0 | a header that begins with '{' | byte 0x5b
            ' {}'                                                          | 0 | a header that begins with '{' | byte 0x20
            ''                                                             | 0 | a header that begins with '{' | an empty header
            {"a":5}                                                        | 0 | tensor a as an object | number
            {"__metadata__":[]}                                            | 0 | __metadata__ as an object of strings | array
            {"__metadata__":{"k":1}}                                       | 0 | __metadata__ as an object of strings | number under k
            {"a":{"shape":[],"data_offsets":[0,4]}}                        | 4 | dtype of tensor a as a string | nothing
            {"a":{"dtype":7,"shape":[],"data_offsets":[0,4]}}              | 4 | dtype of tensor a as a string | number
            {"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}          | 4 | a safetensors dtype for tensor a | Q4
            {"a":{"dtype":"F32","data_offsets":[0,4]}}                     | 4 | shape of tensor a as an array | nothing
            {"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}         | 4 | shape of tensor a as an array | string
            {"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}        | 4 | shape of tensor a as whole numbers from 0 below 2^63 | [-1]
            {"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}       | 4 | shape of tensor a as whole numbers from 0 below 2^63 | [1.0]
            {"a":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}}      | 4 | shape of tensor a as whole numbers from 0 below 2^63 | [null]
            {"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}} | 4 | shape of tensor a as whole numbers from 0 below 2^63 | [9223372036854775808]
            {"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}   | 4 | shape of tensor a with at most 8 numbers | 9
            {"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}} | 0 | shape of tensor a below 2^63 bits | [4294967296,4294967296]
            {"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}          | 1 | tensor a in whole bytes | "F4" [3]
            {"a":{"dtype":"F32","shape":[1]}}                              | 4 | data_offsets of tensor a as an array | nothing
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}           | 4 | data_offsets of tensor a as [begin, end] with begin <= end | [4]
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2,4]}}       | 4 | data_offsets of tensor a as [begin, end] with begin <= end | [0,2,4]
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}         | 4 | data_offsets of tensor a as [begin, end] with begin <= end | [4,0]
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}        | 4 | data_offsets of tensor a as whole numbers from 0 below 2^63 | [-4,0]
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}         | 4 | tensor a F32[2] in 8 bytes | data_offsets of 4 bytes
            {"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}         | 8 | tensor a F16[2] in 4 bytes | data_offsets of 8 bytes
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}         | 8 | tensor a right behind the header, at 0 | a hole: data_offsets begin at 4
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}         | 5 | 4 bytes of tensors | 5 bytes
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}         | 3 | 4 bytes of tensors | 3 bytes
            {"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}} | 3 | shape of tensor a below 2^63 bits | [9223372036854775807]
            """)
    void aHeaderThatBreaksARuleIsRefused(
            @org.jspecify.annotations.Nullable String header, int bytes, String expected, String found) {
        ModelFormatException refusal = refusal(SafetensorsWriter.raw(header == null ? "" : header, new byte[bytes]));

        assertThat(refusal.expected()).isEqualTo(expected);
        assertThat(refusal.found()).isEqualTo(found);
    }

    @Test
    void overlapsAndHolesBetweenTensorsAreRefused() {
        String a =
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],";
        byte[] overlap = SafetensorsWriter.raw(a + "\"data_offsets\":[3,5]}}", new byte[5]);
        assertThat(refusal(overlap))
                .hasMessage(folder.resolve("x.safetensors") + ", byte 117: expected tensor b right "
                        + "behind a, at 4, found an overlap: data_offsets begin at 3");
        byte[] hole = SafetensorsWriter.raw(a + "\"data_offsets\":[5,7]}}", new byte[7]);
        assertThat(refusal(hole))
                .hasMessageEndingWith("tensor b right behind a, at 4, found a hole: data_offsets begin at 5");
        byte[] same = SafetensorsWriter.raw(
                a.replace("[4]", "[2]").replace("[0,4]", "[0,2]") + "\"data_offsets\":[0,2]}}", new byte[2]);
        assertThat(refusal(same))
                .hasMessageEndingWith("tensor b right behind a, at 2, found an overlap: data_offsets begin at 0");
    }

    @Test
    void aNameGivenTwiceIsRefused() {
        String a = "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
        ModelFormatException refusal = refusal(SafetensorsWriter.raw("{" + a + "," + a + "}", new byte[0]));
        assertThat(refusal.expected()).isEqualTo("JSON");
        assertThat(refusal.found()).startsWith("Duplicate").contains("\"a\"");
    }

    @Test
    void textBehindTheHeaderObjectIsRefusedButSpacesAreNot() throws IOException {
        assertThat(refusal(SafetensorsWriter.raw("{} {}", new byte[0])).found()).startsWith("Trailing token");
        assertThat(refusal(SafetensorsWriter.raw("{}\0", new byte[0])).offset()).hasValue(10);
        try (Arena arena = Arena.ofConfined()) {
            Path file = Files.write(folder.resolve("spaces"), SafetensorsWriter.raw("{}      ", new byte[0]));
            assertThat(SafetensorsFile.open(file, arena).tensors()).isEmpty();
        }
    }

    @Test
    void aHeaderThatIsNoJsonIsRefusedWithItsPlace() {
        ModelFormatException refusal = refusal(SafetensorsWriter.raw("{\"a\": nope}", new byte[0]));
        assertThat(refusal.expected()).isEqualTo("JSON");
        assertThat(refusal.found()).startsWith("Unrecognized token 'nope'");
        assertThat(refusal.offset().orElseThrow()).isBetween(14L, 19L);
    }

    @Test
    void filesTooShortForAHeaderAreRefused() {
        assertThat(refusal(new byte[0]))
                .hasMessageEndingWith("expected a header length of 8 bytes, found a file of 0 bytes");
        assertThat(refusal(new byte[7]))
                .hasMessageEndingWith("expected a header length of 8 bytes, found a file of 7 bytes");
        assertThat(refusal(header(3, 2)))
                .hasMessageEndingWith(", byte 0: expected a header of at most 2 bytes, found 3 bytes");
    }

    @Test
    void headerLengthsPastEveryLimitAreRefusedBeforeAnythingIsAllocated() {
        assertThat(refusal(header(-1, 2)).found()).isEqualTo("18446744073709551615 bytes");
        assertThat(refusal(header(Long.MIN_VALUE, 2)).found()).isEqualTo("9223372036854775808 bytes");
        assertThat(refusal(header(Long.MAX_VALUE, 2)).found()).isEqualTo("9223372036854775807 bytes");
    }

    @Test
    void aHeaderOverTheFormatsLimitIsRefusedEvenIfTheFileHoldsIt() throws IOException {
        Path file = folder.resolve("x.safetensors");
        try (var channel = java.nio.channels.FileChannel.open(
                file, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(header(100_000_001, 1)));
            channel.write(ByteBuffer.wrap(new byte[1]), 200_000_000);
        }
        assertThat(refusal(file))
                .hasMessageEndingWith("expected a header of at most 100000000 bytes, found 100000001 bytes");
    }

    @Test
    void tooManyTensorsAreRefused() {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i <= SafetensorsHeader.MAX_TENSORS; i++) {
            header.append(i == 0 ? "" : ",").append('"').append(i).append("\":0");
        }
        ModelFormatException refusal = refusal(SafetensorsWriter.raw(header + "}", new byte[0]));
        assertThat(refusal.expected()).isEqualTo("at most 131072 tensors");
        assertThat(refusal.found()).isEqualTo("131073 header keys");
    }

    @Test
    void overlongNamesAreRefused() {
        String header = "{\"" + "n".repeat(1025) + "\":{}}";
        ModelFormatException refusal = refusal(SafetensorsWriter.raw(header, new byte[0]));
        assertThat(refusal.expected()).isEqualTo("tensor names of at most 1024 characters");
        assertThat(refusal.found()).isEqualTo("1025 characters");
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThat(refusal(folder)).hasMessage(folder + ": expected a safetensors file, found no regular file");
        Path missing = folder.resolve("missing");
        assertThat(refusal(missing)).hasMessage(missing + ": expected a safetensors file, found nothing of that name");
    }

    @Test
    void messagesCarryNoControlCharactersOfTheFile() {
        ModelFormatException refusal = refusal(SafetensorsWriter.raw("{\"\\u001b[31m\\u202e\":1}", new byte[0]));
        assertThat(refusal).hasMessageEndingWith("expected tensor \\u001b[31m\\u202e as an object, found number");
    }

    private ModelFormatException refusal(byte[] file) {
        return refusal(SafetensorsWriter.write(folder.resolve("x.safetensors"), file));
    }

    private static ModelFormatException refusal(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            ModelFormatException refusal =
                    catchThrowableOfType(ModelFormatException.class, () -> SafetensorsFile.open(file, arena));
            assertThat(refusal).as("refusal of " + file).isNotNull();
            assertThat(refusal.file()).isEqualTo(file);
            return refusal;
        }
    }

    private static byte[] header(long claimed, int bytes) {
        return ByteBuffer.allocate(8 + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(claimed)
                .array();
    }
}
