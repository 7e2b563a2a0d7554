/// Pictures: decode, resize exactly as the reference does, cut into tiles.
///
/// The reference is Pillow with the slow (PIL and numpy) image processors of transformers: 8-bit pixels are
/// equal bit for bit, normalised ones too.
@NullMarked
package dev.fovea.engine.image;

import org.jspecify.annotations.NullMarked;
