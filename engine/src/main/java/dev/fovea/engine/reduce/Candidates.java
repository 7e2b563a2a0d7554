package dev.fovea.engine.reduce;

import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Layout;
import dev.fovea.engine.vision.Layout.Newlines;
import dev.fovea.engine.vision.VisualTokens;
import java.util.Arrays;

/// The tokens that a control may choose from: those that lie inside the picture, not in the padding.
final class Candidates {
    private Candidates() {}

    /// Places of all tokens in the order in which the language model sees them, newlines left out.
    static int[] places(EncodedImage image) {
        return Arrays.stream(image.all().origins())
                .filter(origin -> origin != VisualTokens.NEWLINE)
                .toArray();
    }

    /// Keeps the tokens at some places, without newlines, as HiRED does.
    static Reduced keep(EncodedImage image, int[] places) {
        boolean[][] mask = new boolean[image.tiles()][image.patches()];
        int[] perTile = new int[image.tiles()];
        for (int place : places) {
            mask[place / image.patches()][place % image.patches()] = true;
            perTile[place / image.patches()]++;
        }
        VisualTokens kept = image.keep(mask, new Layout(image.grid(), Newlines.NONE));
        return new Reduced(kept, VisualTokens.none(kept.features().cols()), perTile);
    }

    /// How many candidates a budget allows.
    static int count(EncodedImage image, Budget budget, int candidates) {
        return Math.min(candidates, budget.tokens(image.tiles(), image.patches()));
    }
}
