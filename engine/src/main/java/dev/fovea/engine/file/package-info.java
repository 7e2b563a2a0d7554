/// Model files: safetensors checkpoints and their JSON, checked and memory-mapped.
///
/// Nothing a file claims is believed: every length, offset, shape and name is checked against the file before it is
/// used, and every refusal is a [dev.fovea.engine.file.ModelFormatException] (the file is broken) or an
/// [dev.fovea.engine.file.UnsupportedModelException] (the file is sound, Fovea does not serve it).
@NullMarked
package dev.fovea.engine.file;

import org.jspecify.annotations.NullMarked;
