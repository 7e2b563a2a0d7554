package dev.fovea.kernel.emitted.avx2;

import dev.fovea.kernel.Format;
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

    /// One code for both: weights of all formats are bytes in a strip.
    @Override
    public TileProducts tiles(Format format) {
        return new VnniTile(dot);
    }
}
