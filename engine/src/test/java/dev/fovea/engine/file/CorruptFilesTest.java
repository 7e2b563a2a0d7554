package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.fovea.engine.Checkpoints;
import dev.fovea.kernel.Format;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A thousand damaged files each: every one loads or is refused with a typed error, in little memory.
@Timeout(300)
class CorruptFilesTest {
    private static final int FILES = 1000;
    private static final long SEED = 20261121;

    /// Buffers of the JSON parser and of file reading, whatever the file.
    private static final long FIXED_BYTES = 1 << 20;

    /// A tree costs at most some 80 bytes for each byte of JSON (`[[[[…`), and the entries and messages as much again.
    private static final long BYTES_PER_FILE_BYTE = 200;

    @TempDir
    Path folder;

    private int loaded;
    private int refused;

    @Test
    void damagedSafetensorsLoadOrAreRefused() throws IOException {
        byte[] sound = new SafetensorsWriter()
                .metadata(Map.of("format", "pt"))
                .add("model.embed.weight", Format.F16, new long[] {4, 8}, new float[32])
                .add("model.conv.weight", Format.F32, new long[] {2, 3, 2, 2}, new float[24])
                .add("model.norm.weight", Format.BF16, new long[] {8}, new float[8])
                .add("model.ids", "I64", new long[] {1, 3}, new byte[24])
                .add("model.empty", Format.F32, new long[] {0, 8})
                .bytes();
        Path file = folder.resolve("x.safetensors");
        damage(random -> Corruption.ofSafetensors(sound, random), file, () -> readAll(file));
    }

    @Test
    void damagedGgufFilesLoadOrAreRefused() throws IOException {
        byte[] sound = GgufFileTest.bytes(GgufFileTest.sample());
        Path file = folder.resolve("x.gguf");
        damage(random -> Corruption.ofBinary(sound, random), file, () -> {
            try (Arena arena = Arena.ofConfined()) {
                GgufFile gguf = GgufFile.open(file, arena);
                assertThat(gguf.metadata().settings().size())
                        .isLessThanOrEqualTo(gguf.metadata().keys().size());
                return readAll(gguf.tensors());
            }
        });
    }

    @Test
    void aDamagedIndexLoadsOrIsRefused() throws IOException {
        Path checkpoint = copyOf("llava-next-mini-new");
        Path index = checkpoint.resolve("model.safetensors.index.json");
        byte[] sound = Files.readAllBytes(index);
        damage(random -> Corruption.ofText(sound, random), index, () -> {
            try (Arena arena = Arena.ofConfined()) {
                return ModelFiles.open(checkpoint, arena).tensors().size();
            }
        });
    }

    @Test
    void aDamagedConfigLoadsOrIsRefused() throws IOException {
        Path checkpoint = copyOf("llava-next-mini-new");
        Path config = checkpoint.resolve("config.json");
        byte[] sound = Files.readAllBytes(config);
        damage(
                random -> Corruption.ofText(sound, random),
                config,
                () -> ModelFiles.openWithoutWeights(checkpoint).config().size());
    }

    private interface Damage {
        byte[] apply(RandomGenerator random);
    }

    private void damage(Damage damage, Path file, Supplier<Integer> load) throws IOException {
        load(load, -1, Long.MAX_VALUE); // class loading is not counted
        loaded = 0;
        refused = 0;
        long others = 0;
        try (var siblings = Files.list(file.getParent())) {
            for (Path sibling :
                    siblings.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
                others += sibling.equals(file) ? 0 : headerBytes(sibling);
            }
        }
        for (int i = 0; i < FILES; i++) {
            byte[] damaged = damage.apply(new Random(SEED + i));
            Files.write(file, damaged);
            load(load, SEED + i, FIXED_BYTES + BYTES_PER_FILE_BYTE * (damaged.length + others));
        }
        assertThat(loaded).as("damage that did no harm").isPositive();
        assertThat(refused).as("damage that was noticed").isGreaterThan(FILES / 2);
        assertThat(loaded + refused).isEqualTo(FILES);
    }

    private void load(Supplier<Integer> load, long seed, long maxBytes) {
        Corruption.withinMemory(maxBytes, () -> {
            try {
                assertThat(load.get()).isNotNegative();
                loaded++;
            } catch (ModelFormatException | UnsupportedModelException e) {
                assertThat(e.getMessage()).hasSizeLessThan(3000).contains(folder.toString());
                refused++;
            } catch (RuntimeException | Error e) {
                fail("seed " + seed, e);
            }
        });
    }

    /// Uses every tensor in every way; a refusal for its dtype or rank is as good as a success.
    private static int readAll(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            return readAll(SafetensorsFile.open(file, arena).tensors());
        }
    }

    private static int readAll(Map<String, TensorEntry> tensors) {
        int bytes = 0;
        for (TensorEntry entry : tensors.values()) {
            bytes += (int) entry.bytes().byteSize();
            try {
                assertThat(entry.floats()).hasSize((int) entry.elements());
                assertThat(entry.matrix().bytes().byteSize())
                        .isEqualTo(entry.bytes().byteSize());
            } catch (ModelFormatException | UnsupportedModelException e) {
                assertThat(e.getMessage())
                        .contains(entry.name().codePoints().allMatch(c -> c > 31 && c < 127) ? entry.name() : "tensor");
            }
        }
        return bytes;
    }

    private static long headerBytes(Path safetensors) throws IOException {
        try (var in = new java.io.DataInputStream(Files.newInputStream(safetensors))) {
            return Long.reverseBytes(in.readLong());
        }
    }

    private Path copyOf(String checkpoint) throws IOException {
        try (var files = Files.list(Checkpoints.named(checkpoint))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        return folder;
    }
}
