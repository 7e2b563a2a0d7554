/// Tests of what the package keeps to itself.
@NullMarked
package dev.fovea.kernel.onednn;

import org.jspecify.annotations.NullMarked;
