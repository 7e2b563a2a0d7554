package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.Assembler.R11;
import static dev.fovea.kernel.emitted.Assembler.R8;
import static dev.fovea.kernel.emitted.Assembler.RAX;
import static dev.fovea.kernel.emitted.Assembler.RBX;
import static dev.fovea.kernel.emitted.Assembler.RCX;
import static dev.fovea.kernel.emitted.Assembler.RDI;
import static dev.fovea.kernel.emitted.Assembler.RDX;
import static dev.fovea.kernel.emitted.Assembler.RSI;
import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.SCALE_BLOCKS;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;

/// Machine code of what comes before a product, and the questions to the processor. Counts are at least 1.
final class PreparationCode {
    /// Predicate of a comparison: not less than, true for NaN.
    private static final int NOT_LESS = 5;

    private PreparationCode() {}

    /// [Routines#unpack]: `(rdi w, rsi strip, rdx spans)`, `rsi` at the half to write.
    static void unpack(Assembler code, Format format) {
        int mask = 31;
        int offset = 30;
        if (format == Format.Q4_0) {
            code.movConstant(RAX, 0x0f0f0f0f);
            code.vpbroadcastd(mask, RAX);
            code.movConstant(RAX, 0x78787878); // 120: from q + 8 to q + 128, without carry
            code.vpbroadcastd(offset, RAX);
        }
        int span = code.here();
        for (int block = 0; block < BLOCKS; block++) {
            int to = block * STRIP_BLOCK_BYTES;
            code.vcvtph2ps(0, at(RDI, 32 * block));
            code.vmovups(at(RSI, to), 0);
            for (int i = 0; i < 8; i++) {
                int weights = 1 + i;
                if (format == Format.Q8_0) {
                    code.vmovups(weights, at(RDI, 128 + 512 * block + 64 * i));
                } else {
                    code.vmovups(weights, at(RDI, 128 + 256 * block + 64 * (i / 2)));
                    if (i % 2 == 1) {
                        code.vpsrld(weights, weights, 4);
                    }
                    code.vpandd(weights, weights, mask);
                    code.vpaddd(weights, weights, offset);
                }
                code.vmovups(at(RSI, to + 128 + 128 * i), weights);
            }
        }
        code.addConstant(RDI, Interleaved.tileBytes(format));
        code.addConstant(RSI, BLOCKS * STRIP_BLOCK_BYTES);
        code.decrementAndLoop(RDX, span);
        code.vzeroupper();
        code.ret();
    }

    private static final int X = 0; // … 7: the floats of one scale
    private static final int LARGEST = 8;
    private static final int D = 9;
    private static final int INVERSE = 10;
    private static final int TEMPORARY = 11; // … 14
    private static final int MAGNITUDE = 31;
    private static final int LIMIT = 30;
    private static final int LEAST = 29;
    private static final int ZERO = 28;

    /// [Routines#quantise]: `(rdi x, rsi to, rdx stride, rcx spans)`.
    static void quantise(Assembler code) {
        broadcast(code, MAGNITUDE, 0x7fffffff);
        broadcast(code, LIMIT, Float.floatToIntBits(127));
        broadcast(code, LEAST, Float.floatToIntBits(Routines.LEAST));
        code.vpxord(ZERO, ZERO, ZERO);
        int span = code.here();
        for (int block = 0; block < BLOCKS; block += SCALE_BLOCKS) {
            scales(code, 128 * block);
            for (int i = 0; i < SCALE_BLOCKS; i++) {
                quantiseBlock(code, X + 2 * i, (block + i) * BLOCK_BYTES);
            }
        }
        code.addConstant(RDI, 4 * Routines.SPAN);
        code.add(RSI, RDX);
        code.decrementAndLoop(RCX, span);
        code.vzeroupper();
        code.ret();
    }

    static void broadcast(Assembler code, int to, int value) {
        code.movConstant(RAX, value);
        code.vpbroadcastd(to, RAX);
    }

    /// Loads the floats of one scale from `rdi + from` and finds the scale and its inverse.
    private static void scales(Assembler code, int from) {
        code.vpxord(LARGEST, LARGEST, LARGEST);
        for (int i = 0; i < 2 * SCALE_BLOCKS; i++) {
            code.vmovups(X + i, at(RDI, from + 64 * i));
            code.vpandd(TEMPORARY + i % 4, X + i, MAGNITUDE);
            code.vpmaxud(LARGEST, LARGEST, TEMPORARY + i % 4);
        }
        largestOfAll(code, LARGEST, TEMPORARY);
        code.vcmpps(1, LARGEST, LEAST, NOT_LESS);
        code.vdivpsMasked(D, LARGEST, LIMIT, 1);
        code.vdivpsMasked(INVERSE, LIMIT, LARGEST, 1);
        code.vbroadcastss(INVERSE, INVERSE);
    }

    /// Fills `largest` with the largest of its lanes, as numbers without sign.
    static void largestOfAll(Assembler code, int largest, int temporary) {
        code.vshufi32x4(temporary, largest, largest, 0x4e);
        code.vpmaxud(largest, largest, temporary);
        code.vshufi32x4(temporary, largest, largest, 0xb1);
        code.vpmaxud(largest, largest, temporary);
        code.vpshufd(temporary, largest, 0x4e);
        code.vpmaxud(largest, largest, temporary);
        code.vpshufd(temporary, largest, 0xb1);
        code.vpmaxud(largest, largest, temporary);
    }

    /// Quantises the 32 floats of two registers to `rsi + to`.
    private static void quantiseBlock(Assembler code, int x, int to) {
        code.vmovss(at(RSI, to + 4), D);
        for (int i = 0; i < 2; i++) {
            code.vmulps(x + i, x + i, INVERSE);
            code.vcvtps2dq(x + i, x + i);
            code.vpmovsdb(at(RSI, to + 8 + 16 * i), x + i);
        }
        int sum = TEMPORARY;
        int other = TEMPORARY + 1;
        code.vpaddd(sum, x, x + 1);
        code.vshufi32x4(other, sum, sum, 0x4e);
        code.vpaddd(sum, sum, other);
        code.vshufi32x4(other, sum, sum, 0xb1);
        code.vpaddd(sum, sum, other);
        code.vpshufd(other, sum, 0x4e);
        code.vpaddd(sum, sum, other);
        code.vpshufd(other, sum, 0xb1);
        code.vpaddd(sum, sum, other);
        code.vpslld(sum, sum, 7);
        code.vpsubd(sum, ZERO, sum);
        code.vmovss(at(RSI, to), sum);
    }

    /// `(edi leaf, esi part, rdx to)`: eax, ebx, ecx and edx of CPUID as four ints.
    static void cpuid(Assembler code) {
        code.push(RBX);
        code.mov(RAX, RDI);
        code.mov(RCX, RSI);
        code.mov(R8, RDX);
        code.cpuid();
        code.store32(at(R8, 0), RAX);
        code.store32(at(R8, 4), RBX);
        code.store32(at(R8, 8), RCX);
        code.store32(at(R8, 12), RDX);
        code.pop(RBX);
        code.ret();
    }

    /// `(rdi to)`: which registers the system saves, the lower half of XCR0.
    static void xgetbv(Assembler code) {
        code.mov(R11, RDI);
        code.movConstant(RCX, 0);
        code.xgetbv();
        code.store32(at(R11, 0), RAX);
        code.ret();
    }
}
