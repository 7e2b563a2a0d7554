package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.fovea.kernel.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void close() {
        arena.close();
    }

    /// Drawn by hand: one key, one tensor of two rows of three numbers, data at byte 96.
    @Test
    void aFileWrittenByHandIsRead() {
        String hex = "47475546" + "03000000" + "0100000000000000" + "0100000000000000"
                + "0100000000000000" + "6b" + "04000000" + "07000000" // k: u32 7
                + "0100000000000000" + "74" + "02000000" + "0300000000000000" + "0200000000000000" // t [3, 2]
                + "00000000" + "0000000000000000"; // F32 at 0
        byte[] header = HexFormat.of().parseHex(hex);
        ByteBuffer file = ByteBuffer.allocate(96 + 24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(header)
                .position(96);
        for (int i = 0; i < 6; i++) {
            file.putFloat(i);
        }
        GgufFile gguf = open(file.array());
        assertThat(gguf.version()).isEqualTo(3);
        assertThat(gguf.metadata().integer("k")).contains(7L);
        TensorEntry tensor = entry(gguf, "t");
        assertThat(tensor.shape()).containsExactly(2, 3);
        assertThat(tensor.floats()).containsExactly(0f, 1f, 2f, 3f, 4f, 5f);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 48, 4096})
    void whatIsWrittenIsReadBackAtAnyAlignment(int alignment) {
        GgufFile gguf = open(bytes(sample().alignment(alignment)));
        GgufMetadata keys = gguf.metadata();
        assertThat(keys.text("text")).contains("Füße");
        assertThat(keys.integer("integer")).contains(4_000_000_000L);
        assertThat(keys.flag("flag")).contains(true);
        assertThat(keys.texts("texts").orElseThrow()).containsExactly("a", "", "c");
        assertThat(keys.integers("integers").orElseThrow()).containsExactly(-1, 2);
        assertThat(keys.numbers("numbers").orElseThrow()).containsExactly(0.5, -2);
        assertThat(keys.bytes("bytes").orElseThrow()).containsExactly(1, -1);
        assertThat(keys.settings().path("number").floatValue()).isEqualTo(1e-5f);
        assertThat(entry(gguf, "blocks").matrix().format()).isEqualTo(Format.Q8_0);
        assertThat(entry(gguf, "conv").shape()).containsExactly(2, 3, 1, 2);
        assertThat(entry(gguf, "row").floats()).containsExactly(1f, 2f, 3f);
        assertThat(gguf.tensors().values()).allMatch(entry -> entry.bytes().isMapped());
    }

    @Test
    void versionTwoIsLaidOutLikeThree() {
        byte[] file = bytes(sample());
        file[4] = 2;
        assertThat(open(file).version()).isEqualTo(2);
        assertThat(open(file).tensors()).hasSize(3);
    }

    @Test
    void keysAndTensorsAreCopiedAsTheyAre() {
        GgufFile gguf = open(bytes(sample()));
        GgufWriter copy = new GgufWriter();
        gguf.metadata().keys().stream().sorted().forEach(key -> copy.copy(gguf, key));
        gguf.tensors().values().forEach(copy::tensor);
        Path other = SafetensorsWriter.write(folder.resolve("copy.gguf"), bytes(copy)); // the first is still mapped
        GgufFile again = GgufFile.open(other, arena);
        assertThat(again.metadata().settings()).isEqualTo(gguf.metadata().settings());
        gguf.tensors()
                .forEach((name, tensor) -> assertThat(entry(again, name).bytes().mismatch(tensor.bytes()))
                        .as(name)
                        .isEqualTo(-1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4})
    void otherVersionsAreNotServed(int version) {
        byte[] file = bytes(sample());
        file[4] = (byte) version;
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("GGUF version " + version + "; supported: 2 and 3, little-endian");
    }

    /// Each row: the byte to write a lie at, the lie as eight bytes and what the refusal expected.
    @ParameterizedTest
    @CsvSource({
        "0, 4646554703000000, '\"GGUF\"'",
        "8, ffffffffffffffff, a number of tensors of at most 131072",
        "8, 0000000001000000, a number of tensors of at most 131072",
        "16, ffffff7f00000000, a number of keys of at most 65536",
        "24, ffffffffffffff7f, a string length of at most 65535",
        "24, 0000000000000080, a string length of at most 65535",
    })
    void aHeaderThatLiesIsRefused(int at, String lie, String expected) {
        byte[] file = bytes(new GgufWriter().text("k", "v".repeat(100_000)));
        System.arraycopy(HexFormat.of().parseHex(lie), 0, file, at, 8);
        assertThat(refusal(file).expected()).isEqualTo(expected);
    }

    @Test
    void aListIsNeverLongerThanTheFile() {
        byte[] file = bytes(new GgufWriter().integers("k", 1, 2, 3));
        int length = 24 + 8 + 1 + 4 + 4; // counts, key, types
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(length, 4);
        ModelFormatException refusal = refusal(file);
        assertThat(refusal.expected()).startsWith("a list length of at most ");
        assertThat(refusal.offset()).hasValue(length);
    }

    @Test
    void tensorsNeitherOverlapNorLeaveTheFileNorRepeat() {
        byte[] file = bytes(new GgufWriter()
                .tensor("a", Format.F32, new long[] {16}, out -> out.write(new byte[64]))
                .tensor("b", Format.F32, new long[] {16}, out -> out.write(new byte[64])));
        int second = 24 + 33 + 8 + 1; // behind the name of b
        assertThat(lied(file, second + 4 + 8 + 4, 32)).isEqualTo("tensor b behind the one before");
        assertThat(lied(file, second + 4 + 8 + 4, 33)).isEqualTo("tensor b at a multiple of 32");
        assertThat(lied(file, second + 4 + 8 + 4, 96)).isEqualTo("tensor b of 64 bytes within the file");
        assertThat(lied(file, second + 4, 17)).isEqualTo("tensor b of 68 bytes within the file");
        assertThat(lied(file, second + 4, Long.MAX_VALUE)).isEqualTo("tensor b below 2^63 bytes");
        file[second - 1] = 'a';
        assertThat(refusal(file).expected()).isEqualTo("each tensor once");
    }

    @Test
    void rowsOfABlockFormatAreWholeBlocks() {
        byte[] file =
                bytes(new GgufWriter().tensor("a", Format.Q8_0, new long[] {2, 32}, out -> out.write(new byte[68])));
        assertThat(lied(file, 24 + 8 + 1 + 4, 48)).isEqualTo("tensor a with rows of a multiple of 32 numbers");
    }

    @Test
    void aTypeThatIsNotServedIsRefusedWhenItsTensorIsAskedFor() {
        byte[] file =
                bytes(new GgufWriter().tensor("a", Format.Q4_0, new long[] {2, 32}, out -> out.write(new byte[36])));
        file[24 + 8 + 1 + 4 + 16] = 20; // IQ4_NL has blocks of the same size
        TensorEntry entry = entry(open(file), "a");
        assertThat(entry.dtype()).isEqualTo("IQ4_NL");
        assertThatThrownBy(entry::matrix).isInstanceOf(UnsupportedModelException.class);
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] file = bytes(sample());
        for (int length = 0; length < file.length - 32; length++) {
            assertThat(refusal(java.util.Arrays.copyOf(file, length)).getMessage())
                    .isNotEmpty();
        }
    }

    @Test
    void aContentOfTheWrongSizeIsNotWritten() {
        GgufWriter writer = new GgufWriter().tensor("a", Format.F32, new long[] {2}, out -> out.write(new byte[4]));
        assertThatThrownBy(() -> writer.write(new ByteArrayOutputStream()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("tensor a: expected 8 bytes, found 4");
    }

    static GgufWriter sample() {
        return new GgufWriter()
                .text("text", "Füße")
                .integer("integer", (int) 4_000_000_000L)
                .number("number", 1e-5f)
                .flag("flag", true)
                .texts("texts", "a", "", "c")
                .integers("integers", -1, 2)
                .numbers("numbers", 0.5f, -2)
                .bytes("bytes", new byte[] {1, -1})
                .tensor("row", Format.F32, new long[] {3}, out -> out.write(floats(1, 2, 3)))
                .tensor("blocks", Format.Q8_0, new long[] {3, 64}, out -> out.write(new byte[6 * 34]))
                .tensor("conv", Format.F16, new long[] {2, 3, 1, 2}, out -> out.write(new byte[24]));
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    static byte[] bytes(GgufWriter writer) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            writer.write(out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String lied(byte[] file, int at, long lie) {
        byte[] lying = file.clone();
        ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putLong(at, lie);
        return refusal(lying).expected();
    }

    private ModelFormatException refusal(byte[] file) {
        ModelFormatException refusal = catchThrowableOfType(ModelFormatException.class, () -> open(file));
        assertThat(refusal).isNotNull();
        return refusal;
    }

    private static TensorEntry entry(GgufFile file, String name) {
        TensorEntry entry = file.tensors().get(name);
        assertThat(entry).as(name).isNotNull();
        return java.util.Objects.requireNonNull(entry);
    }

    private GgufFile open(byte[] file) {
        return GgufFile.open(SafetensorsWriter.write(folder.resolve("x.gguf"), file), arena);
    }
}
