package dev.fovea.kernel.emitted.avx2;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.Address;

/// How unsigned bytes are multiplied with signed ones and added to 32 bits, exactly: the one step that AVX-VNNI and
/// plain AVX2 do differently. Weights `u` lie as in [dev.fovea.kernel.Interleaved], 16 rows in two vectors.
sealed interface ByteProducts permits VnniProducts, WidenedProducts {
    /// The sums of a row, one for each vector of weights, are in this register and the next.
    int ROW_SUM = 0;

    /// First register that the methods for one row may use; those before it are the caller's.
    int FREE = 6;

    /// Constants for [#bytes] and [#nibbles] in the last registers.
    void constants(VexAssembler code);

    /// `sums += u · q` for 4 inputs of 16 rows.
    void bytes(VexAssembler code, Address u, Address q);

    /// `sums += u · q` for 8 inputs of 16 rows, the first four in the lower halves of bytes.
    void nibbles(VexAssembler code, Address u, Address q);

    /// How a tile with a strip that was unpacked from `format` is multiplied.
    TileProducts tiles(Format format);
}
