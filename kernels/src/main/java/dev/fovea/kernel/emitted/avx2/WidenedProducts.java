package dev.fovea.kernel.emitted.avx2;

import dev.fovea.kernel.Format;
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
/// The instruction for bytes adds two products in 16 bits and cuts off what is larger, so it serves weights of
/// four bits alone: the largest sum of four is 4 · 15 · 128.
record WidenedProducts() implements ByteProducts {
    private static final int EVEN_BYTES = 15;
    private static final int LOW_BITS = 14;
    private static final int ONES = 13;

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
    static void widen(VexAssembler code, int even, int odd) {
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
    public TileProducts tiles(Format format) {
        return format == Format.Q4_0 ? new NibbleTile() : new WidenedTile();
    }
}
