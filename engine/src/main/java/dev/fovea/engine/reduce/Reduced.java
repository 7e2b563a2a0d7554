package dev.fovea.engine.reduce;

import dev.fovea.engine.vision.VisualTokens;

/// What a method makes of one image before the language model sees it.
///
/// @param prompt  tokens that enter the prompt
/// @param outside tokens that never do, but that the method's decoder hook may show to the last row; none for most
/// @param budgets tokens granted to each tile, base tile first; empty when the method grants none
public record Reduced(VisualTokens prompt, VisualTokens outside, int[] budgets) {
    /// Tokens for the prompt and nothing else.
    public static Reduced of(VisualTokens prompt) {
        return new Reduced(prompt, VisualTokens.none(prompt.features().cols()), new int[0]);
    }
}
