/// What a checkpoint says about itself: its configuration as records, in every spelling Fovea serves.
@NullMarked
package dev.fovea.engine.family;

import org.jspecify.annotations.NullMarked;
