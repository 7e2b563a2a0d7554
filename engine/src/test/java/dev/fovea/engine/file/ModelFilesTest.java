package dev.fovea.engine.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.fovea.kernel.Format;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFilesTest {
    private static final String INDEX = "model.safetensors.index.json";

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();

    @BeforeEach
    void writeConfig() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"llava\"}");
    }

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void aSingleFileIsOpened() {
        shard("model.safetensors", "b", "a");
        ModelFiles files = ModelFiles.open(folder, arena);

        assertThat(files.directory()).isEqualTo(folder);
        assertThat(files.configFile()).isEqualTo(folder.resolve("config.json"));
        assertThat(files.config().path("model_type").stringValue()).isEqualTo("llava");
        assertThat(files.tensors().keySet()).containsExactly("a", "b");
        assertThatThrownBy(() -> files.tensors().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void shardsAreOpenedThroughTheirIndex() {
        shard("m-1.safetensors", "b", "d");
        shard("m-2.safetensors", "a", "c");
        index("b:m-1.safetensors", "d:m-1.safetensors", "a:m-2.safetensors", "c:m-2.safetensors");
        ModelFiles files = ModelFiles.open(folder, arena);

        assertThat(files.tensors().keySet()).containsExactly("a", "b", "c", "d");
        assertThat(files.tensors().values().stream()
                        .map(t -> String.valueOf(t.file().getFileName())))
                .containsExactly("m-2.safetensors", "m-1.safetensors", "m-2.safetensors", "m-1.safetensors");
        assertThatThrownBy(() -> files.tensors().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void shardsMayBeLinksToElsewhere(@TempDir Path elsewhere) throws IOException {
        Path blob =
                new SafetensorsWriter().add("a", Format.F32, new long[] {1}, 3f).write(elsewhere.resolve("0a1b2c"));
        Files.createSymbolicLink(folder.resolve("m.safetensors"), blob);
        index("a:m.safetensors");
        assertThat(ModelFiles.open(folder, arena).tensors()).containsOnlyKeys("a");
    }

    @Test
    void oneFileIsPreferredToAnIndex() throws IOException {
        shard("model.safetensors", "a");
        Files.writeString(folder.resolve(INDEX), "not read");
        assertThat(ModelFiles.open(folder, arena).tensors()).containsOnlyKeys("a");
    }

    @Test
    void theConfigIsReadWithoutWeights() {
        ModelFiles files = ModelFiles.openWithoutWeights(folder);
        assertThat(files.config().size()).isEqualTo(1);
        assertThatThrownBy(files::tensors)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(folder + " was opened without weights");
    }

    @Test
    void furtherJsonFilesMayBeAbsentButNotBroken() throws IOException {
        ModelFiles files = ModelFiles.openWithoutWeights(folder);
        assertThat(files.json("generation_config.json")).isEmpty();
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":2}");
        assertThat(files.json("generation_config.json")
                        .orElseThrow()
                        .path("eos_token_id")
                        .intValue())
                .isEqualTo(2);
        Files.writeString(folder.resolve("generation_config.json"), "{");
        assertThatThrownBy(() -> files.json("generation_config.json")).isInstanceOf(ModelFormatException.class);
    }

    @Test
    void aMissingDirectoryOrConfigIsNamed() throws IOException {
        Path missing = folder.resolve("missing");
        assertThat(refusal(missing))
                .hasMessage(missing + ": expected a checkpoint directory, found nothing of that name");
        Path file = folder.resolve("config.json");
        assertThat(refusal(file)).hasMessage(file + ": expected a checkpoint directory, found a file");
        Files.delete(file);
        assertThat(refusal(folder)).hasMessage(file + ": expected a file, found nothing of that name");
    }

    @Test
    void aConfigThatIsNoObjectIsRefused() throws IOException {
        Files.writeString(folder.resolve("config.json"), "[]");
        assertThat(refusal(folder)).hasMessage(folder.resolve("config.json") + ": expected a JSON object, found array");
    }

    @Test
    void missingWeightsAreNamed() {
        assertThat(refusal(folder))
                .hasMessage(folder + ": expected model.safetensors or model.safetensors.index.json, found neither");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "consolidated.00.pth", "model.pt"})
    void picklesAreNotServed(String name) throws IOException {
        Files.createFile(folder.resolve(name));
        assertThatThrownBy(() -> ModelFiles.open(folder, arena))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(folder + ": found weights as a PyTorch pickle, " + name
                        + "; supported: safetensors (model.safetensors or model.safetensors.index.json)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x.safetensors",
                "/etc/x.safetensors",
                "sub/x.safetensors",
                "sub\\\\x.safetensors",
                "C:x.safetensors",
                "..",
                ".safetensors",
                "x.bin",
                "",
                "x\\u0000.safetensors",
                "x\\ud800.safetensors"
            })
    void shardNamesThatAreNoPlainFileNamesAreRefused(String name) {
        index("a:" + name);
        ModelFormatException refusal = refusal(folder);
        assertThat(refusal.file()).isEqualTo(folder.resolve(INDEX));
        assertThat(refusal.expected())
                .isEqualTo("the shard of a as the name of a .safetensors file in the same directory");
        assertThat(refusal.found()).startsWith("\"").endsWith("\"");
    }

    @Test
    void anIndexWithoutAMapOrWithoutTensorsIsRefused() throws IOException {
        Files.writeString(folder.resolve(INDEX), "{\"metadata\":{}}");
        assertThat(refusal(folder))
                .hasMessage(folder.resolve(INDEX) + ": expected weight_map as an object, found nothing");
        Files.writeString(folder.resolve(INDEX), "{\"weight_map\":[]}");
        assertThat(refusal(folder)).hasMessageEndingWith("expected weight_map as an object, found array");
        Files.writeString(folder.resolve(INDEX), "{\"weight_map\":{}}");
        assertThat(refusal(folder)).hasMessageEndingWith("expected 1 to 4096 shards, found 0");
        Files.writeString(folder.resolve(INDEX), "{\"weight_map\":{\"a\":5}}");
        assertThat(refusal(folder)).hasMessageEndingWith("in the same directory, found 5");
    }

    @Test
    void tooManyShardsAreRefusedUnopened() {
        String[] entries = new String[4097];
        Arrays.setAll(entries, i -> i + ":" + i + ".safetensors");
        index(entries);
        assertThat(refusal(folder)).hasMessageEndingWith("expected 1 to 4096 shards, found 4097");
    }

    @Test
    void aMissingShardIsNamed() {
        index("a:m.safetensors");
        assertThat(refusal(folder))
                .hasMessage(
                        folder.resolve("m.safetensors") + ": expected a safetensors file, found nothing of that name");
    }

    @Test
    void tensorsMissingFromTheirShardAreNamed() {
        shard("m.safetensors", "a");
        index("a:m.safetensors", "b:m.safetensors", "c:m.safetensors");
        assertThat(refusal(folder))
                .hasMessage(folder.resolve(INDEX) + ": expected every tensor of weight_map in its shard, "
                        + "found no b (m.safetensors), c (m.safetensors)");
    }

    @Test
    void tensorsMissingFromTheMapAreNamed() {
        shard("m.safetensors", "a", "b", "c", "d", "e", "f", "g");
        index("a:m.safetensors");
        assertThat(refusal(folder))
                .hasMessage(folder.resolve("m.safetensors") + ": expected only tensors that weight_map of " + INDEX
                        + " places here, found also b, c, d, e, f and 1 more");
    }

    @Test
    void aTensorInAnotherShardThanTheMapSaysIsRefused() {
        shard("m-1.safetensors", "a");
        shard("m-2.safetensors", "b");
        index("a:m-2.safetensors", "b:m-1.safetensors");
        assertThat(refusal(folder)).hasMessageEndingWith("places here, found also a");
    }

    @Test
    void aTensorInTwoShardsIsRefused() {
        shard("m-1.safetensors", "a");
        shard("m-2.safetensors", "a", "b");
        index("a:m-1.safetensors", "b:m-2.safetensors");
        assertThat(refusal(folder))
                .hasMessage(folder.resolve("m-2.safetensors") + ": expected each tensor in one shard, found a also in "
                        + folder.resolve("m-1.safetensors"));
    }

    private void shard(String file, String... names) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String name : names) {
            writer.add(name, Format.F32, new long[] {1}, 1f);
        }
        writer.write(folder.resolve(file));
    }

    /// Writes an index of `tensor:shard` entries.
    private void index(String... entries) {
        StringBuilder map = new StringBuilder();
        for (String entry : entries) {
            int colon = entry.indexOf(':');
            map.append(map.isEmpty() ? "" : ",")
                    .append("\"%s\":\"%s\"".formatted(entry.substring(0, colon), entry.substring(colon + 1)));
        }
        SafetensorsWriter.write(
                folder.resolve(INDEX),
                ("{\"metadata\":{\"total_size\":1},\"weight_map\":{" + map + "}}")
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private ModelFormatException refusal(Path directory) {
        ModelFormatException refusal =
                catchThrowableOfType(ModelFormatException.class, () -> ModelFiles.open(directory, arena));
        assertThat(refusal).as("refusal").isNotNull();
        return refusal;
    }
}
