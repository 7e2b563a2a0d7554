/// Rows to logits: the language model, its cache and its samplers.
@NullMarked
package dev.fovea.engine.text;

import org.jspecify.annotations.NullMarked;
