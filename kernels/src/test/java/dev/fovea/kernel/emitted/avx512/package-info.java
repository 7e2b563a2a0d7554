@NullMarked
package dev.fovea.kernel.emitted.avx512;

import org.jspecify.annotations.NullMarked;
