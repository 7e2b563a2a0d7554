package dev.fovea.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.GgufWriter;
import dev.fovea.engine.file.TensorEntry;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Quantizer;
import dev.fovea.kernel.Workers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A language model's file, rounded.
class QuantizedFileTest {
    private static final long SEED = 11;

    @TempDir
    Path folder;

    /// The embedding takes more than one strip of a mebibyte in either format, the last one not full. The bytes are
    /// those of all numbers of a matrix rounded in one go.
    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0"})
    void anyNumberOfThreadsWritesTheBytesOfOne(Format format) throws IOException {
        Path model = model();
        byte[] one = rounded(model, format, 1);
        assertThat(rounded(model, format, 2)).isEqualTo(one);
        assertThat(rounded(model, format, 5)).isEqualTo(one);
        Path out = Files.write(folder.resolve("rounded.gguf"), one);
        try (Arena arena = Arena.ofConfined()) {
            GgufFile from = GgufFile.open(model, arena);
            GgufFile to = GgufFile.open(out, arena);
            assertThat(to.tensors().keySet()).isEqualTo(from.tensors().keySet());
            for (TensorEntry entry : from.tensors().values()) {
                boolean kept = entry.name().matches(".*norm.*|.*ffn_down.*");
                Format rounded = entry.name().startsWith("output") ? Format.Q8_0 : format; // the head stays finer
                TensorEntry found = Objects.requireNonNull(to.tensors().get(entry.name()));
                assertThat(found.format()).isEqualTo(kept ? Format.F32 : rounded);
                assertThat(found.bytes().toArray(ValueLayout.JAVA_BYTE))
                        .as("%s, seed %d", entry.name(), SEED)
                        .isEqualTo(kept ? entry.bytes().toArray(ValueLayout.JAVA_BYTE) : quantized(entry, rounded));
            }
        }
    }

    private static byte[] rounded(Path model, Format format, int threads) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Workers workers = new Workers(threads)) {
            QuantizedFile.write(model, format, workers, out);
        }
        return out.toByteArray();
    }

    private static byte[] quantized(TensorEntry entry, Format format) {
        float[] numbers = entry.floats();
        byte[] blocks = new byte[(int) format.bytes(numbers.length)];
        Quantizer.quantize(numbers, 0, numbers.length, format, blocks, 0);
        return blocks;
    }

    /// One matrix has fewer rows than threads. A vector and a matrix of rows that are no whole blocks stay.
    private Path model() throws IOException {
        Random random = new Random(SEED);
        GgufWriter writer =
                new GgufWriter().text("general.architecture", "llama").integer("llama.block_count", 1);
        tensor(writer, random, "token_embd.weight", 4001, 512);
        tensor(writer, random, "output.weight", 3, 512);
        tensor(writer, random, "blk.0.attn_q.weight", 33, 64);
        tensor(writer, random, "blk.0.attn_norm.weight", 64);
        tensor(writer, random, "blk.0.ffn_down.weight", 64, 40);
        Path file = folder.resolve("model.gguf");
        try (OutputStream out = Files.newOutputStream(file)) {
            writer.write(out);
        }
        return file;
    }

    private static void tensor(GgufWriter writer, Random random, String name, long... shape) {
        int count = (int) (shape.length == 1 ? shape[0] : shape[0] * shape[1]);
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat((float) random.nextGaussian());
        }
        writer.tensor(name, Format.F32, shape, out -> out.write(bytes.array()));
    }
}
