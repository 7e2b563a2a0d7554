@NullMarked
package dev.fovea.engine.family;

import org.jspecify.annotations.NullMarked;
