/// Measurements; never published.
@NullMarked
package dev.fovea.bench;

import org.jspecify.annotations.NullMarked;
