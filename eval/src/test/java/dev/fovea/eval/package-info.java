@NullMarked
package dev.fovea.eval;

import org.jspecify.annotations.NullMarked;
