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

/// Without an instruction for it. Bytes at even and at odd places are widened to 16 bits, zeros added to weights and
/// signs to activations, and multiplied apart: every product and sum fits into 32 bits.
///
/// ```
/// four bytes      b0 b1 b2 b3       places 0 and 2 together, 1 and 3 together
/// even            b0    b2
/// odd             b1    b3
/// ```
///
/// The instruction for bytes saturates two products in 16 bits, so it serves weights of four bits alone: the largest
/// sum of four is 4 · 15 · 128.
record WidenedProducts() implements ByteProducts {
    private static final int EVEN_BYTES = 15;
    private static final int LOW_BITS = 14;
    private static final int ONES = 13;

    /// On the stack: activations `[BLOCKS][TILE_ROWS][even, odd][8]` pairs of 16 bits, then a mask.
    private static final int ROW = 64;

    private static final int BLOCK = TILE_ROWS * ROW;
    private static final int MASK = BLOCKS * BLOCK;

    /// From the beginning of a block to where `rbx` points: most rows are within reach of a displacement of one byte.
    private static final int MIDDLE = BLOCK / 2;

    @Override
    public void constants(VexAssembler code) {
        Constants.broadcast(code, EVEN_BYTES, 0x00ff00ff);
        Constants.broadcast(code, LOW_BITS, 0x0f0f0f0f);
        Constants.broadcast(code, ONES, 0x00010001);
    }

    @Override
    public void bytes(VexAssembler code, Address u, Address q) {
        int even = FREE;
        int odd = FREE + 1;
        code.vpbroadcastd(odd, q);
        widen(code, even, odd);
        for (int half = 0; half < 2; half++) {
            int evenWeights = FREE + 2 + 2 * half;
            int oddWeights = evenWeights + 1;
            code.vmovups(oddWeights, u.next(32 * half));
            code.vpand(evenWeights, oddWeights, EVEN_BYTES);
            code.vpsrlw(oddWeights, oddWeights, 8);
            code.vpmaddwd(evenWeights, evenWeights, even);
            code.vpmaddwd(oddWeights, oddWeights, odd);
            code.vpaddd(evenWeights, evenWeights, oddWeights);
            code.vpaddd(ROW_SUM + half, ROW_SUM + half, evenWeights);
        }
    }

    /// From signed bytes in `odd`.
    private static void widen(VexAssembler code, int even, int odd) {
        code.vpsllw(even, odd, 8);
        code.vpsraw(even, even, 8);
        code.vpsraw(odd, odd, 8);
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
            code.vpmaddubsw(low, low, first);
            code.vpmaddubsw(high, high, second);
            code.vpaddw(low, low, high);
            code.vpmaddwd(low, low, ONES);
            code.vpaddd(ROW_SUM + half, ROW_SUM + half, low);
        }
    }

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
                widen(code, even, odd);
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
    public void tile(VexAssembler code, Address u, int i) {
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
                int sum = ByteProducts.sum(row, half);
                code.vpmaddwd(products, weights + half, inputs);
                code.vpaddd(sum, sum, products);
            }
        }
    }
}
