@NullMarked
package dev.fovea.eval.run;

import org.jspecify.annotations.NullMarked;
