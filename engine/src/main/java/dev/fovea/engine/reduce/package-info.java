@NullMarked
package dev.fovea.engine.reduce;

import org.jspecify.annotations.NullMarked;
