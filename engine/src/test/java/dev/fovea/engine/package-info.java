@NullMarked
package dev.fovea.engine;

import org.jspecify.annotations.NullMarked;
