package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSP;
import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.emitted.Address;

/// Any bytes, as in [WidenedProducts]. Activations are widened once for each span, to the stack; four instructions then
/// give 32 products.
record WidenedTile() implements TileProducts {
    /// On the stack: activations `[BLOCKS][TILE_ROWS][even, odd][8]` pairs of 16 bits, then a mask.
    private static final int ROW = 64;

    private static final int BLOCK = TILE_ROWS * ROW;
    private static final int MASK = BLOCKS * BLOCK;

    /// From the beginning of a block to where `rbx` points: most rows are within reach of a displacement of one byte.
    private static final int MIDDLE = BLOCK / 2;

    @Override
    public int frameBytes() {
        return MASK + 64;
    }

    @Override
    public void frame(VexAssembler code) {
        Constants.broadcast(code, 12, 0x00ff00ff);
        code.vmovups(at(RSP, MASK), 12);
    }

    @Override
    public void span(VexAssembler code) {
        int even = 13;
        int odd = 12;
        for (int block = 0; block < BLOCKS; block++) {
            for (int row = 0; row < TILE_ROWS; row++) {
                int to = block * BLOCK + row * ROW;
                code.vmovups(odd, at(RAX, row * SPAN_BYTES + block * BLOCK_BYTES + 8));
                WidenedProducts.widen(code, even, odd);
                code.vmovups(at(RSP, to), even);
                code.vmovups(at(RSP, to + 32), odd);
            }
        }
    }

    @Override
    public void firstBlock(VexAssembler code) {
        code.lea(RBX, at(RSP, MIDDLE));
    }

    @Override
    public int blockBytes() {
        return BLOCK;
    }

    @Override
    public void add(VexAssembler code, Address u, int i) {
        int weights = 13; // and 14
        int mask = 15;
        code.vmovups(mask, at(RSP, MASK));
        for (int half = 0; half < 2; half++) {
            code.vpand(weights + half, mask, u.next(32 * half));
        }
        addProducts(code, weights, 4 * i - MIDDLE);
        for (int half = 0; half < 2; half++) {
            code.vmovups(weights + half, u.next(32 * half));
            code.vpsrlw(weights + half, weights + half, 8);
        }
        addProducts(code, weights, 4 * i - MIDDLE + 32);
    }

    /// @param from where the first row's activations are, from `rbx` on
    private static void addProducts(VexAssembler code, int weights, int from) {
        int inputs = 12;
        int products = 15;
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(inputs, at(RBX, from + row * ROW));
            for (int half = 0; half < 2; half++) {
                int sum = TileProducts.sum(row, half);
                code.vpmaddwd(products, weights + half, inputs);
                code.vpaddd(sum, sum, products);
            }
        }
    }
}
