/// Machine code for AVX-512 with VNNI, and with BF16: vectors of 512 bits.
@NullMarked
package dev.fovea.kernel.emitted.avx512;

import org.jspecify.annotations.NullMarked;
