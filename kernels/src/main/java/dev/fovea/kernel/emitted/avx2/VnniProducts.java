package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;

import dev.fovea.kernel.emitted.Address;

/// By the instruction that does all four products.
record VnniProducts(Instruction dot) implements ByteProducts {
    private static final int LOW_BITS = 15;

    /// `vpdpbusd` in one of its spellings.
    interface Instruction {
        void write(VexAssembler code, int to, int a, int b);
    }

    @Override
    public void constants(VexAssembler code) {
        Constants.broadcast(code, LOW_BITS, 0x0f0f0f0f);
    }

    @Override
    public void bytes(VexAssembler code, Address u, Address q) {
        int inputs = FREE;
        code.vpbroadcastd(inputs, q);
        for (int half = 0; half < 2; half++) {
            int weights = FREE + 1 + half;
            code.vmovups(weights, u.next(32 * half));
            dot.write(code, ROW_SUM + half, weights, inputs);
        }
    }

    @Override
    public void nibbles(VexAssembler code, Address u, Address q) {
        int first = FREE;
        int second = FREE + 1;
        code.vpbroadcastd(first, q);
        code.vpbroadcastd(second, q.next(4));
        for (int half = 0; half < 2; half++) {
            int low = FREE + 2 + 2 * half;
            int high = low + 1;
            code.vmovups(high, u.next(32 * half));
            code.vpand(low, high, LOW_BITS);
            code.vpsrld(high, high, 4);
            code.vpand(high, high, LOW_BITS);
            dot.write(code, ROW_SUM + half, low, first);
            dot.write(code, ROW_SUM + half, high, second);
        }
    }

    @Override
    public int frameBytes() {
        return 0;
    }

    @Override
    public void frame(VexAssembler code) {}

    @Override
    public void span(VexAssembler code) {}

    @Override
    public void firstBlock(VexAssembler code) {
        code.mov(RBX, RAX);
    }

    @Override
    public int blockBytes() {
        return BLOCK_BYTES;
    }

    @Override
    public void tile(VexAssembler code, Address u, int i) {
        int inputs = 12;
        int weights = 13; // and 14
        for (int half = 0; half < 2; half++) {
            code.vmovups(weights + half, u.next(32 * half));
        }
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(inputs, at(RBX, row * SPAN_BYTES + 8 + 4 * i));
            for (int half = 0; half < 2; half++) {
                dot.write(code, ByteProducts.sum(row, half), weights + half, inputs);
            }
        }
    }
}
