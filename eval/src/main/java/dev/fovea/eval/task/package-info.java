/// The benchmarks: how each one's published files are read, asked and scored.
@NullMarked
package dev.fovea.eval.task;

import org.jspecify.annotations.NullMarked;
