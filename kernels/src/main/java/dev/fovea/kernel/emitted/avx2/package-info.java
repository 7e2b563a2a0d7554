/// Machine code for AVX2, and for AVX2 with AVX-VNNI: 256 bits wide, so that two vectors take the place of one of
/// [dev.fovea.kernel.emitted]. Layouts, order of sums and results are the same to the bit.
@NullMarked
package dev.fovea.kernel.emitted.avx2;

import org.jspecify.annotations.NullMarked;
