/// FlexAttention: high-resolution tokens outside the prompt, shown cell by cell to the row that asks.
@NullMarked
package dev.fovea.engine.reduce.flex;

import org.jspecify.annotations.NullMarked;
