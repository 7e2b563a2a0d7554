package dev.fovea.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// Pixels in memory.
class RgbImageTest {
    @Test
    void theArrayHasTheSizeItClaims() {
        assertThatThrownBy(() -> new RgbImage(new byte[11], 2, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("image [2, 2, 3]: expected 12 bytes, found 11");
        assertThatThrownBy(() -> new RgbImage(new byte[0], 0, 5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void croppingUndoesPlacing() {
        RgbImage image = TestImages.noiseImage(5, 7, 1);
        assertThat(image.placed(3, 2, 20, 30, 0x123456).crop(3, 2, 5, 7)).isEqualTo(image);
        assertThat(image.placed(3, 2, 20, 30, 0x123456).crop(0, 0, 3, 30)).isEqualTo(RgbImage.filled(3, 30, 0x123456));
    }

    @Test
    void aWindowBeyondThePictureIsRefused() {
        RgbImage image = TestImages.noiseImage(5, 7, 1);
        assertThatThrownBy(() -> image.crop(1, 0, 5, 7)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> image.placed(0, 4, 5, 10, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void turningFourTimesIsTurningNotAtAll() {
        RgbImage image = TestImages.noiseImage(3, 5, 2);
        for (int orientation : new int[] {6, 8}) {
            RgbImage once = image.upright(orientation);
            assertThat(once).isNotEqualTo(image);
            assertThat(once.upright(orientation).upright(orientation).upright(orientation))
                    .isEqualTo(image);
        }
        for (int mirror : new int[] {2, 3, 4, 5, 7}) {
            assertThat(image.upright(mirror).upright(mirror)).isEqualTo(image);
        }
    }
}
