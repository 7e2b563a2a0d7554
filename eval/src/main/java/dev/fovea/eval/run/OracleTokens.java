package dev.fovea.eval.run;

import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.reduce.Reduced;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Layout;
import dev.fovea.eval.Box;
import java.util.List;
import java.util.Map;

/// The upper bound of selection: keeps exactly the patches that show the evidence of one question, in the base tile
/// and in the mosaic, and nothing else.
final class OracleTokens implements TokenReduction {
    private final List<Box> evidence;
    private final VlmConfig model;

    OracleTokens(List<Box> evidence, VlmConfig model) {
        this.evidence = evidence;
        this.model = model;
    }

    @Override
    public String name() {
        return Arm.ORACLE;
    }

    @Override
    public Map<String, Object> settings() {
        return Map.of();
    }

    @Override
    public Reduced reduce(EncodedImage image) {
        boolean[][] mask = Evidence.of(model, image.grid(), evidence).patches();
        return Reduced.of(image.keep(mask, new Layout(image.grid(), Layout.Newlines.NONE)));
    }
}
