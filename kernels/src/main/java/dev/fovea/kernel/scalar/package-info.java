/// The plain-Java definition of every operation: sums in double, written to be read, the oracle of faster techniques.
@NullMarked
package dev.fovea.kernel.scalar;

import org.jspecify.annotations.NullMarked;
