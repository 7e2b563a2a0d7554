/// Pixels to features: towers, projector and the tokens they give.
@NullMarked
package dev.fovea.engine.vision;

import org.jspecify.annotations.NullMarked;
