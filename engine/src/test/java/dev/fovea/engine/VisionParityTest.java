package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.ImageEncoder.Encoded;
import dev.fovea.engine.image.ImagePolicy;
import dev.fovea.engine.image.Tiling;
import dev.fovea.engine.reduce.NoReduction;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.TowerOutput;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Tensor;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Tower, class attention, projector and packing against transformers (`goldens/model/vision.*`).
class VisionParityTest {
    @Test
    void featuresAndClassAttentionEqualTransformers() {
        Path fixtures = Fixtures.require();
        Goldens goldens = Goldens.read(fixtures.resolve("goldens/model"), "vision");
        try (Engine engine = Engines.load(fixtures.resolve("checkpoints/llava-next-tiny"), "best")) {
            goldens.json()
                    .get("images")
                    .forEachEntry((name, expected) ->
                            check(engine, goldens, fixtures.resolve("images").resolve(name), name, expected));
        }
    }

    private static void check(Engine engine, Goldens goldens, Path file, String name, JsonNode expected) {
        int last = engine.config().vision().layers() - 1;
        int feature = engine.config().vision().featureLayer() - 1;
        ImagePolicy policy = ImagePolicies.of(engine.config());
        Tiling tiling = policy.tiling(engine.encoder().decode(new ImageInput.File(file)));
        TowerOutput output =
                engine.model().tower().encode(tiling.tiles(), Set.of(0, feature, last), engine.workspace());
        EncodedImage image =
                new EncodedImage(tiling.grid(), output, engine.config().vision(), engine.kernels(), true);
        assertThat(image.tiles()).as(name).isEqualTo(expected.get("tiles").asInt());
        double magnitude = Math.max(
                expected.at("/features/max").asDouble(),
                -expected.at("/features/min").asDouble());
        double tolerance = ParityTolerance.vision(engine.config(), magnitude);

        float[] features = new float[0];
        for (int tile = 0; tile < image.tiles(); tile++) {
            for (int token = 0; token < image.patches() + 1; token += 24) { // token 0 is the class token, not kept
                features = append(
                        features,
                        token == 0
                                ? new float[0]
                                : image.features(tile).slice(token - 1, token).toArray());
            }
        }
        Goldens.assertClose(
                name + " features",
                withoutClassRows(goldens.floats(name + "/features_0_24"), image),
                features,
                tolerance);
        for (int layer : new int[] {0, feature, last}) {
            checkAttention(goldens, name, image, layer);
        }
        Encoded encoded = engine.encoder()
                .encode(new ImageInput.File(file), new NoReduction(), new StatsRecorder(engine.kernels()));
        Tensor rows = encoded.rows();
        assertThat(rows.rows()).as(name).isEqualTo(expected.get("packed_length").asInt());
        float[] packed = new float[0];
        for (int row = 3; row < rows.rows(); row += 29) {
            packed = append(packed, rows.slice(row, row + 1).toArray());
        }
        Goldens.assertClose(name + " packed", goldens.floats(name + "/packed_3_29"), packed, tolerance);
    }

    private static float[] withoutClassRows(float[] sampled, EncodedImage image) {
        int dim = image.config().hidden();
        int perTile = sampled.length / dim / image.tiles();
        float[] kept = new float[0];
        for (int tile = 0; tile < image.tiles(); tile++) {
            int begin = (tile * perTile + 1) * dim;
            kept = append(kept, java.util.Arrays.copyOfRange(sampled, begin, begin + (perTile - 1) * dim));
        }
        return kept;
    }

    /// Per head for the base tile, summed over heads for every tile. A probability's error is bounded by that of its
    /// logit; logits of the tower are below ten.
    private static void checkAttention(Goldens goldens, String name, EncodedImage image, int layer) {
        double tolerance = 10 * Math.ulp(1f) * image.config().hidden();
        float[] sums = new float[0];
        for (int tile = 0; tile < image.tiles(); tile++) {
            sums = append(sums, image.classAttention(layer, tile));
        }
        String prefix = name + "/cls_attention_layer" + layer;
        Goldens.assertClose(prefix, goldens.floats(prefix + "_headsum"), sums, tolerance);
        Tensor keys = image.tap(layer, 0).keys();
        Tensor weights = Tensor.zeros(image.config().heads(), image.patches() + 1);
        image.kernels()
                .attentionWeights(
                        image.tap(layer, 0).classQuery(),
                        KeyValues.of(keys, keys, image.config().headDim()),
                        weights);
        Goldens.assertClose(
                prefix + " heads",
                goldens.floats(prefix + "_tile0"),
                weights.columns(1, weights.cols()).toArray(),
                tolerance);
    }

    private static float[] append(float[] head, float[] tail) {
        float[] both = java.util.Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, both, head.length, tail.length);
        return both;
    }
}
