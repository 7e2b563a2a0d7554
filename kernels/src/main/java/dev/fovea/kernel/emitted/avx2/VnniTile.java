package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.emitted.Address;

/// By the instruction that does all four products.
record VnniTile(VnniProducts.Instruction dot) implements TileProducts {
    @Override
    public int frameBytes() {
        return 0;
    }

    @Override
    public void frame(VexAssembler code) {}

    @Override
    public void add(VexAssembler code, Address u, int i) {
        int inputs = 12;
        int weights = 13; // and 14
        for (int half = 0; half < 2; half++) {
            code.vmovups(weights + half, u.next(32 * half));
        }
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(inputs, at(RBX, row * SPAN_BYTES + 8 + 4 * i));
            for (int half = 0; half < 2; half++) {
                dot.write(code, TileProducts.sum(row, half), weights + half, inputs);
            }
        }
    }
}
