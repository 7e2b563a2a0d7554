/// Text to token ids and back, and the ways a conversation is written as text.
@NullMarked
package dev.fovea.engine.tokenizer;

import org.jspecify.annotations.NullMarked;
