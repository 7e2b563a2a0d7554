package dev.fovea.kernel.emitted.avx2;

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

    /// Sums of a tile of six rows and 16 outputs are in registers 0 … 11, those of a row side by side.
    static int sum(int row, int half) {
        return 2 * row + half;
    }

    /// Bytes on the stack for [#span], from `rsp` on, a multiple of 64.
    int frameBytes();

    /// Writes to the stack what does not change.
    void frame(VexAssembler code);

    /// Prepares the activations of six rows of a span at `rax`.
    void span(VexAssembler code);

    /// Points `rbx` to the first block of what [#span] prepared.
    void firstBlock(VexAssembler code);

    /// Bytes from block to block of that.
    int blockBytes();

    /// `sums += u · q` for inputs `4 i … 4 i + 3` of the block at `rbx`. Uses registers 12 … 15.
    void tile(VexAssembler code, Address u, int i);
}
