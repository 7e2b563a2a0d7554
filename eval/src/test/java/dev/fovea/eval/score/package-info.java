/// Tests of `dev.fovea.eval.score`.
@NullMarked
package dev.fovea.eval.score;

import org.jspecify.annotations.NullMarked;
