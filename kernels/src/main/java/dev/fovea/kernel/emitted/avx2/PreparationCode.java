package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.R10;
import static dev.fovea.kernel.emitted.GeneralAssembler.R11;
import static dev.fovea.kernel.emitted.GeneralAssembler.R8;
import static dev.fovea.kernel.emitted.GeneralAssembler.R9;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RCX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSI;
import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.LEAST;
import static dev.fovea.kernel.emitted.Routines.SCALE_BLOCKS;
import static dev.fovea.kernel.emitted.Routines.SPAN;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.emitted.Address;

/// Machine code of what comes before a product, for the calling convention of System V.
final class PreparationCode {
    /// Predicate of a comparison: not less than, true for NaN.
    private static final int NOT_LESS = 5;

    private static final int X = 0; // … 3: the floats of a block
    private static final int LARGEST = 4;
    private static final int D = 5;
    private static final int INVERSE = 6;
    private static final int TEMPORARY = 7; // and 8
    private static final int ZERO = 12;
    private static final int LEAST_MAGNITUDE = 13;
    private static final int LIMIT = 14;
    private static final int MAGNITUDE = 15;

    private PreparationCode() {}

    /// `(rdi w, rsi strip, rdx spans)`, `rsi` at the half to write.
    static void unpack(VexAssembler code, Format format) {
        int lowBits = 15;
        int offset = 14;
        if (format == Format.Q4_0) {
            Constants.broadcast(code, lowBits, 0x0f0f0f0f);
            Constants.broadcast(code, offset, 0x78787878); // 120: from q + 8 to q + 128, without carry
        }
        int span = code.here();
        for (int block = 0; block < BLOCKS; block++) {
            for (int half = 0; half < 2; half++) {
                int to = block * STRIP_BLOCK_BYTES + 32 * half;
                code.vcvtph2ps(0, at(RDI, 32 * block + 16 * half));
                code.vmovups(at(RSI, to), 0);
                for (int i = 0; i < 8; i++) {
                    int weights = 1 + i;
                    if (format == Format.Q8_0) {
                        code.vmovups(weights, at(RDI, 128 + 512 * block + 64 * i + 32 * half));
                    } else {
                        code.vmovups(weights, at(RDI, 128 + 256 * block + 64 * (i / 2) + 32 * half));
                        if (i % 2 == 1) {
                            code.vpsrld(weights, weights, 4);
                        }
                        code.vpand(weights, weights, lowBits);
                        code.vpaddd(weights, weights, offset);
                    }
                    code.vmovups(at(RSI, to + 128 + 128 * i), weights);
                }
            }
        }
        code.addConstant(RDI, Interleaved.tileBytes(format));
        code.addConstant(RSI, BLOCKS * STRIP_BLOCK_BYTES);
        code.decrementAndLoop(RDX, span);
        code.vzeroupper();
        code.ret();
    }

    /// `(rdi x, rsi xStride, rdx rows, rcx spans, r8 to, r9 stride)`.
    static void quantise(VexAssembler code) {
        Constants.broadcast(code, MAGNITUDE, 0x7fffffff);
        Constants.broadcast(code, LIMIT, Float.floatToIntBits(127));
        Constants.broadcast(code, LEAST_MAGNITUDE, Float.floatToIntBits(LEAST));
        code.vpxor(ZERO, ZERO, ZERO);
        int row = code.here();
        code.mov(RAX, RDI);
        code.mov(R11, R8);
        code.mov(R10, RCX);
        int span = code.here();
        for (int block = 0; block < BLOCKS; block += SCALE_BLOCKS) {
            scales(code, 128 * block);
            for (int i = block; i < block + SCALE_BLOCKS; i++) {
                quantiseBlock(code, at(RAX, 128 * i), at(R11, i * BLOCK_BYTES));
            }
        }
        code.addConstant(RAX, 4 * SPAN);
        code.add(R11, R9);
        code.decrementAndLoop(R10, span);
        code.add(RDI, RSI);
        code.addConstant(R8, SPAN_BYTES);
        code.decrementAndLoop(RDX, row);
        code.vzeroupper();
        code.ret();
    }

    /// The scale of the floats from `rax + from` on and its inverse, in every lane.
    private static void scales(VexAssembler code, int from) {
        code.vpxor(LARGEST, LARGEST, LARGEST);
        for (int i = 0; i < 4 * SCALE_BLOCKS; i++) {
            int magnitudes = TEMPORARY + i % 2;
            code.vpand(magnitudes, MAGNITUDE, at(RAX, from + 32 * i));
            code.vpmaxud(LARGEST, LARGEST, magnitudes);
        }
        code.vperm2i128(TEMPORARY, LARGEST, LARGEST, 1);
        code.vpmaxud(LARGEST, LARGEST, TEMPORARY);
        for (int order : new int[] {0x4e, 0xb1}) {
            code.vpshufd(TEMPORARY, LARGEST, order);
            code.vpmaxud(LARGEST, LARGEST, TEMPORARY);
        }
        code.vcmpps(TEMPORARY, LARGEST, LEAST_MAGNITUDE, NOT_LESS);
        code.vdivps(D, LARGEST, LIMIT);
        code.vandps(D, D, TEMPORARY);
        code.vdivps(INVERSE, LIMIT, LARGEST);
        code.vandps(INVERSE, INVERSE, TEMPORARY);
    }

    private static void quantiseBlock(VexAssembler code, Address x, Address to) {
        code.vmovss(to.next(4), D);
        for (int i = 0; i < 4; i++) {
            code.vmulps(X + i, INVERSE, x.next(32 * i));
            code.vcvtps2dq(X + i, X + i);
        }
        int sum = TEMPORARY;
        int other = TEMPORARY + 1;
        code.vpaddd(sum, X, X + 1);
        code.vpaddd(other, X + 2, X + 3);
        code.vpaddd(sum, sum, other);
        code.vperm2i128(other, sum, sum, 1);
        code.vpaddd(sum, sum, other);
        for (int order : new int[] {0x4e, 0xb1}) {
            code.vpshufd(other, sum, order);
            code.vpaddd(sum, sum, other);
        }
        code.vpslld(sum, sum, 7);
        code.vpsubd(sum, ZERO, sum);
        code.vmovss(to, sum);
        storeBytes(code, to.next(8));
    }

    /// Packs within each 128 bits, then puts the groups of four in order: `0 2 4 6 1 3 5 7` becomes `0 1 … 7`.
    private static void storeBytes(VexAssembler code, Address to) {
        code.vpackssdw(X, X, X + 1);
        code.vpackssdw(X + 2, X + 2, X + 3);
        code.vpacksswb(X, X, X + 2);
        code.vpermq(X, X, 0xd8);
        code.vpshufd(X, X, 0xd8);
        code.vmovups(to, X);
    }
}
