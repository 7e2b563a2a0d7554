@NullMarked
package dev.fovea.kernel.vector;

import org.jspecify.annotations.NullMarked;
