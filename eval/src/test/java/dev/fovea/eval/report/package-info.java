@NullMarked
package dev.fovea.eval.report;

import org.jspecify.annotations.NullMarked;
