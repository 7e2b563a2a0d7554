package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.R10;
import static dev.fovea.kernel.emitted.GeneralAssembler.R8;
import static dev.fovea.kernel.emitted.GeneralAssembler.R9;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RCX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSI;
import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.SCALE_BLOCKS;
import static dev.fovea.kernel.emitted.avx2.ByteProducts.FREE;
import static dev.fovea.kernel.emitted.avx2.ByteProducts.ROW_SUM;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;

/// Machine code of products with one row, and of the end of those with many, for the calling convention of System V.
final class ProductCode {
    /// Of a tile of weights.
    private static final int SCALE_BYTES = 128;

    private static final int[] INNER = {2, 3};
    private static final int[] SUM = {4, 5};

    private ProductCode() {}

    /// `(rdi a, rsi stride, rdx w, rcx y, r8 spans, r9 groups)`.
    static void oneRow(VexAssembler code, ByteProducts products, Format format) {
        products.constants(code);
        int group = code.here();
        code.vpxor(SUM[0], SUM[0], SUM[0]);
        code.vpxor(SUM[1], SUM[1], SUM[1]);
        code.mov(RAX, RDI);
        code.mov(R10, R8);
        int span = code.here();
        for (int block = 0; block < BLOCKS; block++) {
            integers(code, products, format, block);
            floats(code, block);
        }
        code.addConstant(RDX, Interleaved.tileBytes(format));
        code.add(RAX, RSI);
        code.decrementAndLoop(R10, span);
        code.vmovups(at(RCX, 0), SUM[0]);
        code.vmovups(at(RCX, 32), SUM[1]);
        code.addConstant(RCX, 64);
        code.decrementAndLoop(R9, group);
        code.vzeroupper();
        code.ret();
    }

    private static void integers(VexAssembler code, ByteProducts products, Format format, int block) {
        int a = block * BLOCK_BYTES;
        code.vpbroadcastd(ROW_SUM, at(RAX, a));
        if (format == Format.Q8_0) {
            code.vmovdqa(ROW_SUM + 1, ROW_SUM);
            for (int i = 0; i < 8; i++) {
                products.bytes(code, at(RDX, SCALE_BYTES + 512 * block + 64 * i), at(RAX, a + 8 + 4 * i));
            }
        } else {
            code.vpsrad(ROW_SUM, ROW_SUM, 4); // weights + 8 instead of + 128
            code.vmovdqa(ROW_SUM + 1, ROW_SUM);
            for (int i = 0; i < 4; i++) {
                products.nibbles(code, at(RDX, SCALE_BYTES + 256 * block + 64 * i), at(RAX, a + 8 + 8 * i));
            }
        }
    }

    private static void floats(VexAssembler code, int block) {
        int a = block * BLOCK_BYTES;
        for (int half = 0; half < 2; half++) {
            int scale = FREE + half;
            code.vcvtph2ps(scale, at(RDX, 32 * block + 16 * half));
            code.vcvtdq2ps(ROW_SUM + half, ROW_SUM + half);
            if (block % SCALE_BLOCKS == 0) {
                code.vmulps(INNER[half], ROW_SUM + half, scale);
            } else {
                code.vfmadd231ps(INNER[half], ROW_SUM + half, scale);
            }
        }
        if ((block + 1) % SCALE_BLOCKS == 0) {
            code.vpbroadcastd(FREE, at(RAX, a + 4));
            code.vfmadd231ps(SUM[0], INNER[0], FREE);
            code.vfmadd231ps(SUM[1], INNER[1], FREE);
        }
    }
}
