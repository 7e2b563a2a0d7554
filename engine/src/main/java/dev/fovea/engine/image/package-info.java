@NullMarked
package dev.fovea.engine.image;

import org.jspecify.annotations.NullMarked;
