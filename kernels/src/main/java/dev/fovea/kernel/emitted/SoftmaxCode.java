package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.Assembler.R10;
import static dev.fovea.kernel.emitted.Assembler.R11;
import static dev.fovea.kernel.emitted.Assembler.R8;
import static dev.fovea.kernel.emitted.Assembler.R9;
import static dev.fovea.kernel.emitted.Assembler.RAX;
import static dev.fovea.kernel.emitted.Assembler.RCX;
import static dev.fovea.kernel.emitted.Assembler.RDI;
import static dev.fovea.kernel.emitted.Assembler.RDX;
import static dev.fovea.kernel.emitted.Assembler.RSI;

/// Machine code of [Bf16Routines#exponentials]: one block of a softmax that goes on over blocks of keys, for a panel of
/// query rows, one per lane.
final class SoftmaxCode {
    private static final int VECTOR_BYTES = 4 * Bf16Routines.LANES;
    private static final int ROW_BYTES = 4 * Bf16Routines.WIDTH;

    /// Of `2^f` for `|f| ≤ ½`, relative error 2.1e-7 (least squares, reweighted until the errors are level).
    private static final float[] POLYNOMIAL = {
        0x1.000002p0f, 0x1.62e428p-1f, 0x1.ebf918p-3f, 0x1.c6b6e4p-5f, 0x1.3d0c52p-7f, 0x1.5c08e4p-10f
    };

    /// Exponents that give zero all the same: differences with infinity stay numbers.
    private static final float LEAST = -1000;

    private static final int LARGEST = 0; // two vectors
    private static final int TOTALS = 2; // two vectors for even keys, two for odd ones
    private static final int WORK = 6; // … 17
    private static final int COEFFICIENTS = 20; // … 25
    private static final int LEAST_AT = 26;
    private static final int ORDER = 27;

    private SoftmaxCode() {}

    /// `(rdi scores, rsi weights, rdx pairs, rcx largest, r8 totals, r9 shrink, order)`, the last on the stack.
    static void exponentials(Assembler code) {
        code.load(RAX, at(Assembler.RSP, 8));
        code.vmovups(ORDER, at(RAX, 0));
        for (int i = 0; i < POLYNOMIAL.length; i++) {
            PreparationCode.broadcast(code, COEFFICIENTS + i, Float.floatToIntBits(POLYNOMIAL[i]));
        }
        PreparationCode.broadcast(code, LEAST_AT, Float.floatToIntBits(LEAST));
        largest(code);
        code.mov(R10, RDX);
        int pair = code.here();
        for (int half = 0; half < 2; half++) {
            int even = WORK + 6 * half;
            int odd = even + 3;
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
        code.vzeroupper();
        code.ret();
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
            int shrink = before + 3 * half;
            code.vmovups(shrink, at(RCX, half * VECTOR_BYTES));
            code.vmovups(at(RCX, half * VECTOR_BYTES), LARGEST + half);
            code.vsubps(shrink, shrink, LARGEST + half);
            power(code, shrink);
            code.vmovups(at(R9, half * VECTOR_BYTES), shrink);
            code.vmulps(TOTALS + half, shrink, at(R8, half * VECTOR_BYTES));
            code.vpxord(TOTALS + 2 + half, TOTALS + 2 + half, TOTALS + 2 + half);
        }
    }

    /// `x = 2^x`, with the two registers after `x`.
    private static void power(Assembler code, int x) {
        int whole = x + 1;
        int sum = x + 2;
        code.vmaxps(x, LEAST_AT, x);
        code.vrndscaleps(whole, x);
        code.vsubps(x, x, whole);
        code.vmovdqa32(sum, COEFFICIENTS + POLYNOMIAL.length - 1);
        for (int i = POLYNOMIAL.length - 2; i >= 0; i--) {
            code.vfmadd213ps(sum, x, COEFFICIENTS + i);
        }
        code.vscalefps(x, sum, whole);
    }
}
