package dev.fovea.engine.reduce.flex;

import dev.fovea.engine.family.FlexConfig;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.reduce.Choices;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.Place;
import dev.fovea.engine.reduce.Reduced;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.Decoder;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.vision.EncodedImage;
import java.util.List;
import java.util.Map;

/// FlexAttention: the prompt gets a low-resolution picture; the high-resolution tokens stay outside, and the row
/// that asks sees, layer by layer, those cells of them to whose low-resolution tokens the layer before attended.
///
/// Source: FlexAttention (ECCV 2024, arXiv 2407.20228) and the authors' `modeling_llama.py` (`LlamaAttention`). For
/// models that were trained with it. Unlike the reference, keys and values of a cell are computed once, models with
/// fewer key heads than query heads work, and a budget can bound the cost.
public final class FlexAttention implements TokenReduction {
    private final FlexSettings settings;

    public FlexAttention(FlexSettings settings) {
        this.settings = settings;
    }

    /// The method of a request: `selection`, `threshold`, `first_layer`, `seed`, and the budget.
    public static FlexAttention from(Choices choices) {
        return new FlexAttention(FlexSettings.from(choices));
    }

    @Override
    public String name() {
        return "flexattention";
    }

    @Override
    public Map<String, Object> settings() {
        return settings.asMap();
    }

    @Override
    public Place place() {
        return Place.BOTH;
    }

    @Override
    public TokenReduction forModel(VlmConfig model) {
        FlexConfig flex = model.flex()
                .orElseThrow(() -> new IllegalArgumentException("method flexattention: expected a model with"
                        + " high-resolution projections (zoom_ratio in its config), found a " + model.family()
                        + " without"));
        if (flex.blend() < 1) {
            throw new IllegalArgumentException("method flexattention: expected a " + model.family()
                    + " whose training ramp has ended (warmup of at least 1), found " + flex.blend());
        }
        FlexSettings own = settings.of(flex);
        if (own.firstLayer() >= model.text().layers()) {
            throw new IllegalArgumentException("method flexattention: expected a first_layer below the "
                    + model.text().layers() + " layers of the " + model.family() + ", found " + own.firstLayer());
        }
        return new FlexAttention(own);
    }

    @Override
    public boolean readsHighResolution() {
        return true;
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        return new Reduced(image.all(), image.mosaic(), new int[0]);
    }

    @Override
    public DecoderHook hook(Decoder decoder, List<ImageSpan> images) {
        return images.isEmpty() ? DecoderHook.NONE : new FlexHook(settings, decoder, images);
    }
}
