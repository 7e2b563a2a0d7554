/// Image files to 8-bit RGB pixels, one class for each format.
///
/// Every class reads its container itself, checks all lengths, and hands the plug-in that decodes the pixels a file
/// rebuilt from the few parts it needs: no profiles, thumbnails, text or further frames ever reach a decoder.
@NullMarked
package dev.fovea.engine.image.codec;

import org.jspecify.annotations.NullMarked;
