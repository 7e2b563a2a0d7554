package dev.fovea.engine;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.reduce.Reduced;

/// What a method makes of one image.
///
/// @param image upright pixels
/// @param grid  how it was cut
public record Inspection(RgbImage image, Grid grid, Reduced reduced, ImageStats stats) {}
