/// Runs tasks: asks every question under every method and budget, and keeps a journal that survives being killed.
@NullMarked
package dev.fovea.eval.run;

import org.jspecify.annotations.NullMarked;
