@NullMarked
package dev.fovea.kernel;

import org.jspecify.annotations.NullMarked;
