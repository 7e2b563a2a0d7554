@NullMarked
package dev.fovea.engine.tokenizer;

import org.jspecify.annotations.NullMarked;
