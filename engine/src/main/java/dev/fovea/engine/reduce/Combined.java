package dev.fovea.engine.reduce;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.VisionConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A vision-side method, then a decoder-side method on the tokens that it leaves.
final class Combined implements TokenReduction {
    private final TokenReduction vision;
    private final TokenReduction decoder;

    Combined(TokenReduction vision, TokenReduction decoder) {
        this.vision = require(Place.VISION, vision, decoder);
        this.decoder = require(Place.DECODER, decoder, vision);
    }

    private static TokenReduction require(Place place, TokenReduction method, TokenReduction other) {
        if (method.place() != place) {
            throw new IllegalArgumentException("methods " + method.name() + " and " + other.name()
                    + ": expected a vision-side method, then a decoder-side one, found " + method.name()
                    + " which works on "
                    + Words.of(method.place()));
        }
        return method;
    }

    @Override
    public String name() {
        return vision.name() + "," + decoder.name();
    }

    @Override
    public Map<String, Object> settings() {
        return Settings.ordered(vision.name(), vision.settings(), decoder.name(), decoder.settings());
    }

    @Override
    public Place place() {
        return Place.BOTH;
    }

    @Override
    public TokenReduction forModel(VlmConfig model) {
        return new Combined(vision.forModel(model), decoder.forModel(model));
    }

    @Override
    public Set<Integer> visionTaps(VisionConfig config) {
        return vision.visionTaps(config);
    }

    @Override
    public boolean[] wantedTiles(EncodedImage base) {
        return vision.wantedTiles(base);
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        return vision.reduce(image);
    }

    @Override
    public DecoderHook hook(Decoder model, List<ImageSpan> images) {
        return decoder.hook(model, images);
    }
}
