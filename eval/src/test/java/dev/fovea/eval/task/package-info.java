/// Tests of `dev.fovea.eval.task`.
@NullMarked
package dev.fovea.eval.task;

import org.jspecify.annotations.NullMarked;
