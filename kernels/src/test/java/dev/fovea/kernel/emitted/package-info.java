@NullMarked
package dev.fovea.kernel.emitted;

import org.jspecify.annotations.NullMarked;
