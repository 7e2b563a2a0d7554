/// Products with many rows from weights that are rounded and brought into another order first: conversions, packing and
/// schedule. What multiplies is machine code or a library.
@NullMarked
package dev.fovea.kernel.packed;

import org.jspecify.annotations.NullMarked;
