package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.R12;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSP;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.emitted.Address;

/// Weights of four bits, which a strip holds as `q + 128`, without an instruction for four products. The
/// instruction for two gives them in 16 bits, where those of a block can be added up: `q + 8` is at most 15,
/// and 16 · 15 · 128 is 30720.
record NibbleTile() implements TileProducts {
    /// On the stack: what takes `q + 128` to `q + 8`, then ones.
    private static final int OFFSET = 0;

    private static final int ONES = 32;

    @Override
    public int frameBytes() {
        return 64;
    }

    @Override
    public void frame(VexAssembler code) {
        Constants.broadcast(code, 12, 0x78787878);
        code.vmovups(at(RSP, OFFSET), 12);
        Constants.broadcast(code, 12, 0x00010001);
        code.vmovups(at(RSP, ONES), 12);
    }

    @Override
    public void begin(VexAssembler code) {
        for (int sum = 0; sum < 2 * TILE_ROWS; sum++) {
            code.vpxor(sum, sum, sum);
        }
    }

    @Override
    public void add(VexAssembler code, Address u, int i) {
        int inputs = 12;
        int weights = 13; // and 14
        int products = 15;
        for (int half = 0; half < 2; half++) {
            code.vmovups(weights + half, u.next(32 * half));
            code.vpsubb(weights + half, weights + half, at(RSP, OFFSET));
        }
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(inputs, at(RBX, row * SPAN_BYTES + 8 + 4 * i));
            for (int half = 0; half < 2; half++) {
                int sum = TileProducts.sum(row, half);
                code.vpmaddubsw(products, weights + half, inputs);
                code.vpaddw(sum, sum, products);
            }
        }
    }

    /// Adds pairs to 32 bits, and `-8 · Σ q`, a sixteenth of what the activations hold.
    @Override
    public void end(VexAssembler code) {
        int eight = 12;
        int ones = 13;
        code.vmovups(ones, at(RSP, ONES));
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(eight, at(R12, row * SPAN_BYTES));
            code.vpsrad(eight, eight, 4);
            for (int half = 0; half < 2; half++) {
                int sum = TileProducts.sum(row, half);
                code.vpmaddwd(sum, sum, ones);
                code.vpaddd(sum, sum, eight);
            }
        }
    }
}
