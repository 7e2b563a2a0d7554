package dev.fovea.engine.family;

import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderConfig;
import dev.fovea.engine.text.DecoderWeights;
import dev.fovea.engine.text.DecoderWeights.HighResolution;
import dev.fovea.engine.vision.Projector;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.engine.vision.VisionTower;
import dev.fovea.engine.vision.VisionWeights;
import dev.fovea.engine.vision.VisionWeights.Linear;
import dev.fovea.engine.vision.VisionWeights.Norm;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import java.util.ArrayList;
import java.util.List;

/// Puts the weights of a source where the tower, the projector and the decoder want them, checking every shape.
final class ModelAssembly {
    private final VlmConfig config;
    private final WeightSource weights;
    private final Kernels kernels;

    ModelAssembly(VlmConfig config, WeightSource weights, Kernels kernels) {
        this.config = config;
        this.weights = weights;
        this.kernels = kernels;
    }

    VisionLanguageModel assemble() {
        DecoderWeights decoder = decoder(config.text());
        return new VisionLanguageModel(
                config,
                new VisionTower(config.vision(), vision(config.vision()), kernels),
                projector(config.projector()),
                config.newline() ? weights.vector(Role.NEWLINE, 0, config.text().hidden()) : new float[0],
                new Decoder(config.text(), decoder, kernels, rotaryFormat()));
    }

    /// The original code was trained and runs with a rotary table in the format of the weights; that of the hub's
    /// checkpoints computes it in single precision.
    private Format rotaryFormat() {
        return config.spelling() == VlmConfig.Spelling.ORIGINAL ? weights.stored(Role.NORM) : Format.F32;
    }

    private VisionWeights vision(VisionConfig vision) {
        int hidden = vision.hidden();
        int wide = vision.intermediate();
        List<VisionWeights.Layer> layers = new ArrayList<>();
        for (int l = 0; l < weights.towerLayers(vision.layers()); l++) {
            layers.add(new VisionWeights.Layer(
                    norm(Role.VISION_NORM1_WEIGHT, Role.VISION_NORM1_BIAS, l, hidden),
                    linear(Role.VISION_QUERY_WEIGHT, Role.VISION_QUERY_BIAS, l, hidden, hidden),
                    linear(Role.VISION_KEY_WEIGHT, Role.VISION_KEY_BIAS, l, hidden, hidden),
                    linear(Role.VISION_VALUE_WEIGHT, Role.VISION_VALUE_BIAS, l, hidden, hidden),
                    linear(Role.VISION_OUT_WEIGHT, Role.VISION_OUT_BIAS, l, hidden, hidden),
                    norm(Role.VISION_NORM2_WEIGHT, Role.VISION_NORM2_BIAS, l, hidden),
                    linear(Role.FC1_WEIGHT, Role.FC1_BIAS, l, wide, hidden),
                    linear(Role.FC2_WEIGHT, Role.FC2_BIAS, l, hidden, wide)));
        }
        int patchInputs = 3 * vision.patchSize() * vision.patchSize();
        return new VisionWeights(
                weights.matrix(Role.PATCH_EMBEDDING, 0, hidden, patchInputs),
                weights.vector(Role.CLASS_EMBEDDING, 0, hidden),
                weights.vector(Role.POSITION_EMBEDDING, 0, Math.multiplyExact(vision.patches() + 1, hidden)),
                norm(Role.PRE_NORM_WEIGHT, Role.PRE_NORM_BIAS, 0, hidden),
                List.copyOf(layers));
    }

    private Norm norm(Role weight, Role bias, int layer, int size) {
        return new Norm(weights.vector(weight, layer, size), weights.vector(bias, layer, size));
    }

    private Linear linear(Role weight, Role bias, int layer, int out, int in) {
        return new Linear(weights.matrix(weight, layer, out, in), weights.vector(bias, layer, out));
    }

    private Projector projector(ProjectorConfig projector) {
        int out = projector.outputs();
        return new Projector(
                weights.matrix(Role.PROJECTOR_FIRST_WEIGHT, 0, out, projector.inputs()),
                projector.bias() ? weights.vector(Role.PROJECTOR_FIRST_BIAS, 0, out) : null,
                projector.activation(),
                weights.matrix(Role.PROJECTOR_SECOND_WEIGHT, 0, out, out),
                projector.bias() ? weights.vector(Role.PROJECTOR_SECOND_BIAS, 0, out) : null,
                kernels);
    }

    private DecoderWeights decoder(DecoderConfig text) {
        int hidden = text.hidden();
        List<DecoderWeights.Layer> layers = new ArrayList<>();
        for (int l = 0; l < text.layers(); l++) {
            layers.add(new DecoderWeights.Layer(
                    weights.vector(Role.INPUT_NORM, l, hidden),
                    weights.matrix(Role.QUERY, l, text.queryCols(), hidden),
                    weights.matrix(Role.KEY, l, text.keyCols(), hidden),
                    weights.matrix(Role.VALUE, l, text.keyCols(), hidden),
                    weights.matrix(Role.OUT, l, hidden, text.queryCols()),
                    weights.vector(Role.ATTENTION_NORM, l, hidden),
                    weights.matrix(Role.GATE, l, text.intermediate(), hidden),
                    weights.matrix(Role.UP, l, text.intermediate(), hidden),
                    weights.matrix(Role.DOWN, l, hidden, text.intermediate())));
        }
        Matrix embedding = weights.matrix(Role.EMBEDDING, 0, text.vocab(), hidden);
        boolean ownHead = !text.tiedHead() || weights.has(Role.HEAD, 0);
        return new DecoderWeights(
                embedding,
                List.copyOf(layers),
                weights.vector(Role.NORM, 0, hidden),
                ownHead ? weights.matrix(Role.HEAD, 0, text.vocab(), hidden) : embedding,
                config.flex().isPresent() ? highResolution(text) : List.of());
    }

    private List<HighResolution> highResolution(DecoderConfig text) {
        List<HighResolution> layers = new ArrayList<>();
        for (int l = 0; l < text.layers(); l++) {
            layers.add(new HighResolution(
                    weights.matrix(Role.KEY_HD, l, text.keyCols(), text.hidden()),
                    weights.matrix(Role.VALUE_HD, l, text.keyCols(), text.hidden())));
        }
        return List.copyOf(layers);
    }
}
