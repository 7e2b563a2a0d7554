/// Tests of `dev.fovea.eval.file`.
@NullMarked
package dev.fovea.eval.file;

import org.jspecify.annotations.NullMarked;
