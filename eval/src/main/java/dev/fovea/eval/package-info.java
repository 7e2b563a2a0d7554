/// Measures methods on tasks: what a task is, what a run records, what a report says.
@NullMarked
package dev.fovea.eval;

import org.jspecify.annotations.NullMarked;
