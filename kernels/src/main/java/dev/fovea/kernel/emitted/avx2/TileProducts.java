package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.R12;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.emitted.Address;

/// How bytes of six rows are multiplied with those of 16 outputs and added to 32 bits, exactly. Registers 12 … 15 are
/// free for it.
sealed interface TileProducts permits NibbleTile, VnniTile, WidenedTile {
    /// The register of a sum of half a tile, for one of the two vectors of outputs: 0 … 11.
    static int sum(int row, int half) {
        return 2 * row + half;
    }

    /// Bytes on the stack from `rsp` on, a multiple of 64.
    int frameBytes();

    /// Writes to the stack what does not change.
    void frame(VexAssembler code);

    /// Prepares the activations of a span at `rax`.
    default void span(VexAssembler code) {}

    /// Points `rbx` to the first block of what [#add] reads of the activations.
    default void firstBlock(VexAssembler code) {
        code.mov(RBX, RAX);
    }

    /// Bytes from block to block of that.
    default int blockBytes() {
        return BLOCK_BYTES;
    }

    /// Begins the sums of a block of the activations, which are at `r12`.
    default void begin(VexAssembler code) {
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(sum(row, 0), at(R12, row * SPAN_BYTES));
            code.vmovdqa(sum(row, 1), sum(row, 0));
        }
    }

    /// Adds the products of inputs `4 i … 4 i + 3` with weights `u`.
    void add(VexAssembler code, Address u, int i);

    /// Ends the sums of a block.
    default void end(VexAssembler code) {}
}
