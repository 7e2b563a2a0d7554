package dev.fovea.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.fovea.engine.file.Corruption;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A thousand damaged configs of each kind: every one is read or refused with a typed error, in little memory.
@Timeout(300)
class CorruptConfigTest {
    private static final int FILES = 1000;
    private static final long SEED = 20261122;

    /// The five JSON files of a checkpoint together stay below 8 KB; parsers' buffers and trees below this.
    private static final long MAX_BYTES = 4 << 20;

    @TempDir
    Path folder;

    private int read;
    private int refused;

    @ParameterizedTest
    @CsvSource({
        "llava-next-mini-old, config.json",
        "llava-next-mini-new, config.json",
        "llava-next-mini-new, preprocessor_config.json",
        "llava15-flex-tiny, config.json",
        "llava15-flex-tiny, vision_tower/config.json"
    })
    void aDamagedConfigIsReadOrRefused(String checkpoint, String file) throws IOException {
        ConfigFolder config = ConfigFolder.of(checkpoint, folder);
        byte[] sound = Files.readAllBytes(folder.resolve(file));
        assertThat(config.read().vision().patches()).isEqualTo(576);
        for (int i = 0; i < FILES; i++) {
            long seed = SEED + i;
            Files.write(folder.resolve(file), Corruption.ofText(sound, new Random(seed)));
            Corruption.withinMemory(MAX_BYTES, () -> read(config, seed));
        }
        assertThat(read).as("damage that did no harm").isPositive();
        assertThat(refused).as("damage that was noticed").isGreaterThan(FILES / 4);
        assertThat(read + refused).isEqualTo(FILES);
    }

    private void read(ConfigFolder config, long seed) {
        try {
            VlmConfig vlm = config.read();
            assertThat(vlm.image().size()).isEqualTo(vlm.vision().imageSize());
            assertThat(vlm.eos()).allMatch(id -> id >= 0 && id < vlm.text().vocab());
            assertThat(vlm.newline()).isEqualTo(!vlm.gridPinpoints().isEmpty());
            read++;
        } catch (ModelFormatException | UnsupportedModelException e) {
            assertThat(e.getMessage()).contains(folder.toString()).hasSizeLessThan(3000);
            refused++;
        } catch (RuntimeException | Error e) {
            fail("seed " + seed, e);
        }
    }
}
