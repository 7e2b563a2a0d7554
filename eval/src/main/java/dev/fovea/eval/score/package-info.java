/// The rules by which the field's benchmarks score an answer; they know nothing of tasks, files or engines.
@NullMarked
package dev.fovea.eval.score;

import org.jspecify.annotations.NullMarked;
