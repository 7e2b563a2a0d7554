package dev.fovea.engine.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Golden files: those beside these tests, and readers for JSON and safetensors wherever they are.
final class ImageGoldens {
    private ImageGoldens() {}

    /// A file of `src/test/resources/dev/fovea/engine/image`.
    static Path resource(String name) {
        URL url = Objects.requireNonNull(ImageGoldens.class.getResource(name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static JsonNode json(Path file) {
        return new ObjectMapper().readTree(bytes(file));
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A float32 tensor of a safetensors file: length of the header u64, header in JSON, data.
    static float[] floats(Path safetensors, String name) {
        ByteBuffer file = ByteBuffer.wrap(bytes(safetensors)).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) file.getLong(0);
        JsonNode tensor = new ObjectMapper()
                .readTree(new String(file.array(), 8, header, StandardCharsets.UTF_8))
                .get(name);
        int begin = tensor.get("data_offsets").get(0).asInt();
        int end = tensor.get("data_offsets").get(1).asInt();
        float[] floats = new float[(end - begin) / 4];
        file.position(8 + header + begin)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(floats);
        return floats;
    }

    /// What `tensor[:, first::step, first::step]` selects.
    ///
    /// @param chw `[channels, side, side]`
    static float[] sampled(float[] chw, int channels, int side, int first, int step) {
        int count = Math.ceilDiv(side - first, step);
        float[] samples = new float[channels * count * count];
        int to = 0;
        for (int c = 0; c < channels; c++) {
            for (int y = first; y < side; y += step) {
                for (int x = first; x < side; x += step) {
                    samples[to++] = chw[(c * side + y) * side + x];
                }
            }
        }
        return samples;
    }
}
