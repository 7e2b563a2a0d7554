package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fovea.kernel.Format;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
    @TempDir
    Path folder;

    @Test
    void bytesWrittenByHandAreRead() {
        String header = "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[4,12]}}   ";
        // 1.0 and -2.0 in binary16; 0.5 and 3.0 in binary32; least significant byte first.
        byte[] numbers = HexFormat.of().parseHex("003c00c0" + "0000003f" + "00004040");
        assertThat(header).hasSize(0x71);
        byte[] file = HexFormat.of()
                .parseHex("7100000000000000"
                        + HexFormat.of().formatHex(header.getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                        + HexFormat.of().formatHex(numbers));

        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile opened = SafetensorsFile.open(SafetensorsWriter.write(path("hand"), file), arena);

            assertThat(opened.file()).isEqualTo(path("hand"));
            assertThat(opened.metadata()).isEmpty();
            assertThat(opened.tensors()).containsOnlyKeys("a", "b");
            TensorEntry a = entry(opened, "a");
            assertThat(a.name()).isEqualTo("a");
            assertThat(a.dtype()).isEqualTo("F16");
            assertThat(a.shape()).containsExactly(2);
            assertThat(a.floats()).containsExactly(1f, -2f);
            assertThat(entry(opened, "b").floats()).containsExactly(0.5f, 3f);
        }
    }

    @Test
    void whatIsWrittenIsReadBack() {
        SafetensorsWriter writer = new SafetensorsWriter()
                .metadata(Map.of("format", "pt", "übrig", "é"))
                .add("z.bf16", Format.BF16, new long[] {2, 2}, 1f, -0.5f, 3.140625f, 0f)
                .add("empty", Format.F32, new long[] {0, 7})
                .add("ids", "I64", new long[] {1}, new byte[8])
                .add("scalar", Format.F32, new long[0], 42f)
                .add("a.f32", Format.F32, new long[] {3}, 1.1f, Float.MIN_VALUE, Float.POSITIVE_INFINITY);
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile opened = SafetensorsFile.open(writer.write(path("many")), arena);

            assertThat(opened.metadata()).isEqualTo(Map.of("format", "pt", "übrig", "é"));
            assertThat(opened.tensors().keySet()).containsExactly("a.f32", "empty", "ids", "scalar", "z.bf16");
            assertThat(entry(opened, "z.bf16").floats()).containsExactly(1f, -0.5f, 3.140625f, 0f);
            assertThat(entry(opened, "empty").floats()).isEmpty();
            assertThat(entry(opened, "scalar").floats()).containsExactly(42f);
            assertThat(entry(opened, "a.f32").floats()).containsExactly(1.1f, Float.MIN_VALUE, Float.POSITIVE_INFINITY);
            assertThatThrownBy(() -> opened.tensors().clear()).isInstanceOf(UnsupportedOperationException.class);
        }
    }

    @Test
    void aFileWithoutTensorsIsAFile() {
        try (Arena arena = Arena.ofConfined()) {
            Path file = SafetensorsWriter.write(path("none"), SafetensorsWriter.raw("{}", new byte[0]));
            assertThat(SafetensorsFile.open(file, arena).tensors()).isEmpty();
        }
    }

    @Test
    void everyDtypeOfTheFormatIsListed() {
        Map<String, Integer> eightNumbers = Map.ofEntries(
                Map.entry("F4", 4),
                Map.entry("F6_E2M3", 6),
                Map.entry("F6_E3M2", 6),
                Map.entry("BOOL", 8),
                Map.entry("U8", 8),
                Map.entry("I8", 8),
                Map.entry("F8_E5M2", 8),
                Map.entry("F8_E4M3", 8),
                Map.entry("F8_E8M0", 8),
                Map.entry("I16", 16),
                Map.entry("U16", 16),
                Map.entry("F16", 16),
                Map.entry("BF16", 16),
                Map.entry("I32", 32),
                Map.entry("U32", 32),
                Map.entry("F32", 32),
                Map.entry("I64", 64),
                Map.entry("U64", 64),
                Map.entry("F64", 64),
                Map.entry("C64", 64));
        SafetensorsWriter writer = new SafetensorsWriter();
        eightNumbers.forEach((dtype, bytes) -> writer.add(dtype, dtype, new long[] {8}, new byte[bytes]));
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile opened = SafetensorsFile.open(writer.write(path("dtypes")), arena);
            assertThat(opened.tensors()).hasSize(20);
            eightNumbers.forEach((dtype, bytes) ->
                    assertThat(entry(opened, dtype).bytes().byteSize()).isEqualTo(bytes.longValue()));
        }
    }

    @Test
    void tensorsAreReadOnly() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(entry(one(arena), "a").bytes().isReadOnly()).isTrue();
        }
    }

    @Test
    void closingTheArenaUnmapsTheFile() throws IOException {
        TensorEntry kept;
        try (Arena arena = Arena.ofConfined()) {
            kept = entry(one(arena), "a");
            assertThat(kept.floats()).containsExactly(1f);
            if (Files.isReadable(Path.of("/proc/self/maps"))) {
                assertThat(Files.readString(Path.of("/proc/self/maps"))).contains("one.safetensors");
            }
        }
        assertThatThrownBy(() -> kept.bytes().get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assumeTrue(Files.isReadable(Path.of("/proc/self/maps")));
        assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain("one.safetensors");
    }

    @Test
    void aRefusedFileIsNotLeftMapped() throws IOException {
        assumeTrue(Files.isReadable(Path.of("/proc/self/maps")));
        byte[] lie =
                SafetensorsWriter.raw("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", new byte[4]);
        Path file = SafetensorsWriter.write(path("lie"), lie);
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> SafetensorsFile.open(file, arena)).isInstanceOf(ModelFormatException.class);
            assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain("lie.safetensors");
        }
    }

    @Test
    void offsetsPastTwoGibibytesAreReached() throws IOException {
        long rows = 1 << 19;
        long cols = 1025; // 4 bytes each: 2 GiB and 2 MiB
        long end = rows * cols * 4;
        String header = "{\"big\":{\"dtype\":\"F32\",\"shape\":[" + rows + "," + cols + "],\"data_offsets\":[0," + end
                + "]},\"tail\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[" + end + "," + (end + 4) + "]}}";
        Path file = path("sparse");
        byte[] head = SafetensorsWriter.raw(header, new byte[0]);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(head));
            ByteBuffer last = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            last.putFloat(7f).putFloat(42f).flip();
            channel.write(last, head.length + end - 4);
        }
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile opened = SafetensorsFile.open(file, arena);
            TensorEntry big = entry(opened, "big");
            assertThat(entry(opened, "tail").floats()).containsExactly(42f);
            assertThat(big.matrix().rows()).isEqualTo(rows);
            assertThat(big.bytes().get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), end - 4))
                    .isEqualTo(7f);
            assertThatThrownBy(big::floats)
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageEndingWith(
                            "expected tensor big of at most 16777216 numbers, found shape [524288, 1025]");
        }
    }

    private SafetensorsFile one(Arena arena) {
        return SafetensorsFile.open(
                new SafetensorsWriter().add("a", Format.F32, new long[] {1}, 1f).write(path("one")), arena);
    }

    private Path path(String name) {
        return folder.resolve(name + ".safetensors");
    }

    static TensorEntry entry(SafetensorsFile file, String name) {
        TensorEntry entry = file.tensors().get(name);
        assertThat(entry).as(name).isNotNull();
        return java.util.Objects.requireNonNull(entry);
    }
}
