package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.avx512.Assembler.R10;
import static dev.fovea.kernel.emitted.avx512.Assembler.R11;
import static dev.fovea.kernel.emitted.avx512.Assembler.R8;
import static dev.fovea.kernel.emitted.avx512.Assembler.R9;
import static dev.fovea.kernel.emitted.avx512.Assembler.RCX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSI;

import dev.fovea.kernel.emitted.Bf16Routines;

/// Machine code of [Bf16Routines#exponentials]: one block of a softmax that goes on over blocks of keys, for a panel of
/// query rows, one per lane.
public final class SoftmaxCode {
    private static final int VECTOR_BYTES = 4 * Bf16Routines.LANES;
    private static final int ROW_BYTES = 4 * Bf16Routines.WIDTH;

    /// Of `2^f` for `0 ≤ f < 1`, relative error 1.5e-7 (least squares, reweighted until the errors are level).
    private static final float[] POLYNOMIAL = {
        0x1.fffffep-1f, 0x1.62e4f6p-1f, 0x1.ebd5aap-3f, 0x1.c95444p-5f, 0x1.269016p-7f, 0x1.ec31eep-10f
    };

    /// For `vreduceps`: down to a whole number.
    private static final int DOWN = 1;

    private static final int LARGEST = 0; // two vectors
    private static final int TOTALS = 2; // two vectors for even keys, two for odd ones
    private static final int WORK = 6; // … 13
    private static final int SUMS = 14; // … 17
    private static final int COEFFICIENTS = 20; // … 25
    private static final int ORDER = 26;

    /// The first register above those used here.
    static final int FIRST_FREE = 27;

    private SoftmaxCode() {}

    /// `(rdi scores, rsi weights, rdx pairs, rcx largest, r8 totals, r9 shrink, order)`, the last on the stack.
    public static void exponentials(Assembler code) {
        code.load(R11, at(Assembler.RSP, 8));
        constants(code, R11);
        block(code);
        code.vzeroupper();
        code.ret();
    }

    /// Loads what [#block] needs in registers from COEFFICIENTS on.
    static void constants(Assembler code, int order) {
        code.vmovups(ORDER, at(order, 0));
        for (int i = 0; i < POLYNOMIAL.length; i++) {
            PreparationCode.broadcast(code, COEFFICIENTS + i, Float.floatToIntBits(POLYNOMIAL[i]));
        }
    }

    /// As [#exponentials] without the last argument, going on behind it.
    static void block(Assembler code) {
        largest(code);
        code.mov(R10, RDX);
        int pair = code.here();
        for (int half = 0; half < 2; half++) {
            int even = WORK + 4 * half;
            int odd = even + 2;
            code.vmovups(even, at(RDI, half * VECTOR_BYTES));
            code.vmovups(odd, at(RDI, ROW_BYTES + half * VECTOR_BYTES));
            code.vsubps(even, even, LARGEST + half);
            code.vsubps(odd, odd, LARGEST + half);
            power(code, even);
            power(code, odd);
            code.vaddps(TOTALS + half, TOTALS + half, even);
            code.vaddps(TOTALS + 2 + half, TOTALS + 2 + half, odd);
            code.vcvtne2ps2bf16(even, odd, even);
            code.vpermw(even, ORDER, even);
            code.vmovups(at(RSI, half * VECTOR_BYTES), even);
        }
        code.addConstant(RDI, 2 * ROW_BYTES);
        code.addConstant(RSI, ROW_BYTES);
        code.decrementAndLoop(R10, pair);
        for (int half = 0; half < 2; half++) {
            code.vaddps(TOTALS + half, TOTALS + half, TOTALS + 2 + half);
            code.vmovups(at(R8, half * VECTOR_BYTES), TOTALS + half);
        }
    }

    /// Finds the largest scores and by how much earlier exponentials shrink, and shrinks the totals.
    private static void largest(Assembler code) {
        int before = WORK;
        for (int half = 0; half < 2; half++) {
            code.vmovups(LARGEST + half, at(RCX, half * VECTOR_BYTES));
        }
        code.mov(R10, RDX);
        code.mov(R11, RDI);
        int pair = code.here();
        for (int i = 0; i < 4; i++) {
            code.vmaxps(LARGEST + i % 2, LARGEST + i % 2, at(R11, i * VECTOR_BYTES));
        }
        code.addConstant(R11, 2 * ROW_BYTES);
        code.decrementAndLoop(R10, pair);
        for (int half = 0; half < 2; half++) {
            int shrink = before + 2 * half;
            code.vmovups(shrink, at(RCX, half * VECTOR_BYTES));
            code.vmovups(at(RCX, half * VECTOR_BYTES), LARGEST + half);
            code.vsubps(shrink, shrink, LARGEST + half);
            power(code, shrink);
            code.vmovups(at(R9, half * VECTOR_BYTES), shrink);
            code.vmulps(TOTALS + half, shrink, at(R8, half * VECTOR_BYTES));
            code.vpxord(TOTALS + 2 + half, TOTALS + 2 + half, TOTALS + 2 + half);
        }
    }

    /// `x = 2^x`, with the register after `x`. What is left of minus infinity is zero, and so is its power.
    private static void power(Assembler code, int x) {
        int part = x + 1;
        int sum = SUMS + (x - WORK) / 2;
        code.vreduceps(part, x, DOWN);
        code.vmovdqa32(sum, COEFFICIENTS + POLYNOMIAL.length - 1);
        for (int i = POLYNOMIAL.length - 2; i >= 0; i--) {
            code.vfmadd213ps(sum, part, COEFFICIENTS + i);
        }
        code.vscalefps(x, sum, x);
    }
}
