package dev.fovea.engine.reduce;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.vision.VisualTokens;
import dev.fovea.kernel.Tensor;

/// Where an image lies in the prompt.
///
/// @param begin   position of its first row
/// @param end     one past its last row
/// @param tokens  its tokens, one per row
/// @param grid    how it was cut
/// @param outside `[n, hidden]`: projected tokens outside the prompt; `n` may be 0
public record ImageSpan(int begin, int end, VisualTokens tokens, Grid grid, Tensor outside) {}
