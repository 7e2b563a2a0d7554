@NullMarked
package dev.fovea.kernel.emitted.avx2;

import org.jspecify.annotations.NullMarked;
