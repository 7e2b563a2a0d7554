package dev.fovea.engine;

import dev.fovea.engine.image.RgbImage;
import java.nio.file.Path;

/// An image of a prompt.
public sealed interface ImageInput {
    /// An image file.
    record File(Path path) implements ImageInput {}

    /// The bytes of an image file; `name` is for messages.
    record Bytes(String name, byte[] bytes) implements ImageInput {}

    /// Pixels, already upright.
    record Pixels(RgbImage image) implements ImageInput {}
}
