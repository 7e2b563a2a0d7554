package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.avx512.Assembler.R10;
import static dev.fovea.kernel.emitted.avx512.Assembler.R11;
import static dev.fovea.kernel.emitted.avx512.Assembler.R8;
import static dev.fovea.kernel.emitted.avx512.Assembler.R9;
import static dev.fovea.kernel.emitted.avx512.Assembler.RAX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RCX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSP;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.emitted.Routines;

/// Machine code of what comes before a product, and the questions to the processor. Counts are at least 1.
public final class PreparationCode {
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

    private static final int X = 0; // … 7: the floats of a span
    private static final int LARGEST = 8; // … 11
    private static final int TEMPORARY = 12; // … 15
    private static final int D = 16;
    private static final int INVERSE = 17;
    private static final int SUM = 18; // … 19
    private static final int ZERO = 26;
    private static final int ONES = 27;
    private static final int ORDER = 28;
    private static final int LEAST = 29;
    private static final int LIMIT = 30;
    private static final int MAGNITUDE = 31;

    /// [Routines#quantise]: `(rdi x, rsi xStride, rdx rows, rcx spans, r8 to, r9 stride)`. A span has one scale.
    static void quantise(Assembler code) {
        broadcast(code, MAGNITUDE, 0x7fffffff);
        broadcast(code, LIMIT, Float.floatToIntBits(127));
        broadcast(code, LEAST, Float.floatToIntBits(Routines.LEAST));
        broadcast(code, ONES, 0x01010101);
        order(code, ORDER);
        code.vpxord(ZERO, ZERO, ZERO);
        int row = code.here();
        code.mov(RAX, RDI);
        code.mov(R11, R8);
        code.mov(R10, RCX);
        int span = code.here();
        scale(code);
        for (int half = 0; half < 2; half++) {
            int x = X + 4 * half;
            for (int i = 0; i < 4; i++) {
                code.vmulps(x + i, x + i, INVERSE);
            }
            narrow(code, x);
            code.vpxord(SUM + half, SUM + half, SUM + half);
            code.vpdpbusd(SUM + half, ONES, x);
            code.vpermd(x, ORDER, x);
            code.vmovups256(at(R11, 2 * half * BLOCK_BYTES + 8), x);
            code.vextracti64x4(at(R11, (2 * half + 1) * BLOCK_BYTES + 8), x);
        }
        heads(code);
        code.addConstant(RAX, 4 * Routines.SPAN);
        code.add(R11, R9);
        code.decrementAndLoop(R10, span);
        code.add(RDI, RSI);
        code.addConstant(R8, Routines.SPAN_BYTES);
        code.decrementAndLoop(RDX, row);
        code.vzeroupper();
        code.ret();
    }

    /// Loads the floats of a span and finds the scale and its inverse, in every lane.
    private static void scale(Assembler code) {
        for (int i = 0; i < 8; i++) {
            int magnitudes = i < 4 ? LARGEST + i : TEMPORARY + i - 4;
            code.vmovups(X + i, at(RAX, 64 * i));
            code.vpandd(magnitudes, X + i, MAGNITUDE);
        }
        for (int i = 0; i < 4; i++) {
            code.vpmaxud(LARGEST + i, LARGEST + i, TEMPORARY + i);
        }
        largestOfFour(code, LARGEST);
        largestOfAll(code, LARGEST, TEMPORARY);
        code.vcmpps(1, LARGEST, LEAST, NOT_LESS);
        code.vdivpsMasked(INVERSE, LIMIT, LARGEST, 1);
        code.vdivpsMasked(D, LARGEST, LIMIT, 1);
        code.vbroadcastss(INVERSE, INVERSE);
        code.vbroadcastss(D, D);
    }

    /// Of registers `first … first + 3` to `first`.
    static void largestOfFour(Assembler code, int first) {
        code.vpmaxud(first, first, first + 1);
        code.vpmaxud(first + 2, first + 2, first + 3);
        code.vpmaxud(first, first, first + 2);
    }

    /// Rounds the 64 floats of registers `x … x + 3` to signed bytes in `x`, in the order that [#order] mends: group
    /// `4 j + k` of four is group `j` of register `k`.
    static void narrow(Assembler code, int x) {
        for (int i = 0; i < 4; i++) {
            code.vcvtps2dq(x + i, x + i);
        }
        code.vpackssdw(x, x, x + 1);
        code.vpackssdw(x + 2, x + 2, x + 3);
        code.vpacksswb(x, x, x + 2);
    }

    /// For `vpermd`: lane `4 k + j` comes from lane `4 j + k`. Made below the stack pointer, where leaf functions may
    /// write.
    static void order(Assembler code, int to) {
        for (int k = 0; k < 4; k++) {
            code.movConstant(RAX, 0x0c080400 + k * 0x01010101);
            code.store32(at(RSP, 4 * k - 16), RAX);
        }
        code.vpmovzxbd(to, at(RSP, -16));
    }

    /// Writes `-128 · Σ q` and `d` of four blocks. Lane `4 j + k` of the two sums has what group `j` of register `k`
    /// adds up to.
    private static void heads(Assembler code) {
        int even = TEMPORARY;
        int odd = TEMPORARY + 1;
        code.vshufi32x4(even, SUM, SUM + 1, 0x88);
        code.vshufi32x4(odd, SUM, SUM + 1, 0xdd);
        code.vpaddd(SUM, even, odd);
        code.vshufi32x4(even, SUM, SUM, 0x08);
        code.vshufi32x4(odd, SUM, SUM, 0x0d);
        code.vpaddd(SUM, even, odd);
        code.vpshufd(even, SUM, 0x08);
        code.vpshufd(odd, SUM, 0x0d);
        code.vpaddd(SUM, even, odd);
        code.vpslld(SUM, SUM, 7);
        code.vpsubd(SUM, ZERO, SUM);
        code.vunpcklps(SUM, SUM, D);
        code.vshufi32x4(SUM + 1, SUM, SUM, 0x01);
        for (int half = 0; half < 2; half++) {
            code.vmovlps(at(R11, 2 * half * BLOCK_BYTES), SUM + half);
            code.vmovhps(at(R11, (2 * half + 1) * BLOCK_BYTES), SUM + half);
        }
    }

    static void broadcast(Assembler code, int to, int value) {
        code.movConstant(RAX, value);
        code.vpbroadcastd(to, RAX);
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

    /// `(edi leaf, esi part, rdx to)`: eax, ebx, ecx and edx of CPUID as four ints.
    public static void cpuid(Assembler code) {
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
    public static void xgetbv(Assembler code) {
        code.mov(R11, RDI);
        code.movConstant(RCX, 0);
        code.xgetbv();
        code.store32(at(R11, 0), RAX);
        code.ret();
    }
}
