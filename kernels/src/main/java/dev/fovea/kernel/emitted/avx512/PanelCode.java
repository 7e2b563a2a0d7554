package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.avx512.Assembler.R10;
import static dev.fovea.kernel.emitted.avx512.Assembler.R11;
import static dev.fovea.kernel.emitted.avx512.Assembler.R12;
import static dev.fovea.kernel.emitted.avx512.Assembler.R13;
import static dev.fovea.kernel.emitted.avx512.Assembler.R14;
import static dev.fovea.kernel.emitted.avx512.Assembler.R15;
import static dev.fovea.kernel.emitted.avx512.Assembler.R8;
import static dev.fovea.kernel.emitted.avx512.Assembler.R9;
import static dev.fovea.kernel.emitted.avx512.Assembler.RAX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBP;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RCX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSI;

import dev.fovea.kernel.emitted.Bf16Routines;
import dev.fovea.kernel.emitted.PanelRoutines;

/// Machine code of [PanelRoutines], for AVX-512 with BF16 and the calling convention of System V. Counts are at least
/// 1.
public final class PanelCode {
    private static final int LANES = Bf16Routines.LANES;
    private static final int VECTOR_BYTES = 4 * LANES;
    private static final int WIDTH_BYTES = 4 * Bf16Routines.WIDTH;
    private static final int[] SAVED = {RBX, RBP, R12, R13, R14, R15};

    /// Registers that rows are loaded through, and of a scale, above those that [#turn] needs first.
    private static final int LOW = 16;

    private static final int HIGH = 17;
    private static final int SCALE = 18;

    private PanelCode() {}

    /// [PanelRoutines#pack]: `(rdi from, rsi stride, rdx steps of 32 columns, rcx to, r8 bits of the scale)`. Asks for
    /// the
    /// rows of the next half, of this panel or the next, from `rbx` on.
    public static void pack(Assembler code) {
        code.push(RBX);
        for (int half = 0; half < 2; half++) {
            code.mov(R11, RCX);
            code.mov(R10, RDX);
            code.mov(R9, RDI);
            int step = code.here();
            code.vpbroadcastd(SCALE, R8);
            code.mov(RAX, R9);
            code.lea(RBX, at(R9, 0).plus(RSI, LANES / 2));
            code.lea(RBX, at(RBX, 0).plus(RSI, LANES / 2));
            for (int row = 0; row < LANES; row++) {
                code.prefetch(at(RBX, 0));
                code.prefetch(at(RBX, VECTOR_BYTES));
                code.add(RBX, RSI);
                code.vmulps(LOW, SCALE, at(RAX, 0));
                code.vmulps(HIGH, SCALE, at(RAX, VECTOR_BYTES));
                code.vcvtne2ps2bf16(row, HIGH, LOW);
                code.add(RAX, RSI);
            }
            turn(code);
            for (int pair = 0; pair < LANES; pair++) {
                code.vmovups(at(R11, pair * WIDTH_BYTES + half * VECTOR_BYTES), pair);
            }
            code.addConstant(R9, 2 * VECTOR_BYTES);
            code.addConstant(R11, LANES * WIDTH_BYTES);
            code.decrementAndLoop(R10, step);
            nextRows(code, half, RDI, RSI);
        }
        code.vzeroupper();
        code.pop(RBX);
        code.ret();
    }

    /// Points `to` to the second half of a panel's rows after the first half.
    private static void nextRows(Assembler code, int half, int to, int stride) {
        for (int i = 0; half == 0 && i < LANES / 2; i++) {
            code.lea(to, at(to, 0).plus(stride, 2));
        }
    }

    /// [PanelRoutines#unpack]: `(rdi panel, rsi factors, rdx steps of 16 columns, rcx y, r8 yStride)`.
    public static void unpack(Assembler code) {
        int factor = 16;
        for (int half = 0; half < 2; half++) {
            code.lea(R11, at(RDI, half * VECTOR_BYTES));
            code.mov(R10, RDX);
            code.mov(R9, RCX);
            int step = code.here();
            code.vmovups(factor, at(RSI, half * VECTOR_BYTES));
            for (int column = 0; column < LANES; column++) {
                code.vmulps(column, factor, at(R11, column * WIDTH_BYTES));
            }
            turn(code);
            code.mov(RAX, R9);
            for (int row = 0; row < LANES; row++) {
                code.vmovups(at(RAX, 0), row);
                code.add(RAX, R8);
            }
            code.addConstant(R9, VECTOR_BYTES);
            code.addConstant(R11, LANES * WIDTH_BYTES);
            code.decrementAndLoop(R10, step);
            nextRows(code, half, RCX, R8);
        }
        code.vzeroupper();
        code.ret();
    }

    /// Turns 16 rows of 16 numbers in registers 0 … 15 into columns, with those above.
    private static void turn(Assembler code) {
        for (int i = 0; i < LANES; i += 2) {
            code.vunpcklps(16 + i, i, i + 1);
            code.vunpckhps(17 + i, i, i + 1);
        }
        for (int i = 0; i < LANES; i += 4) { // group j of register i + c has column 4 j + c of rows i … i + 3
            code.vunpcklpd(i, 16 + i, 18 + i);
            code.vunpckhpd(i + 1, 16 + i, 18 + i);
            code.vunpcklpd(i + 2, 17 + i, 19 + i);
            code.vunpckhpd(i + 3, 17 + i, 19 + i);
        }
        for (int c = 0; c < 4; c++) { // even groups, then odd ones, of rows 0 … 7 and of rows 8 … 15
            code.vshufi32x4(16 + c, c, 4 + c, 0x88);
            code.vshufi32x4(20 + c, c, 4 + c, 0xdd);
            code.vshufi32x4(24 + c, 8 + c, 12 + c, 0x88);
            code.vshufi32x4(28 + c, 8 + c, 12 + c, 0xdd);
        }
        for (int c = 0; c < 4; c++) {
            code.vshufi32x4(c, 16 + c, 24 + c, 0x88);
            code.vshufi32x4(4 + c, 20 + c, 28 + c, 0x88);
            code.vshufi32x4(8 + c, 16 + c, 24 + c, 0xdd);
            code.vshufi32x4(12 + c, 20 + c, 28 + c, 0xdd);
        }
    }

    /// [PanelRoutines#attend]: `(rdi base, rsi plan, rdx order)`. `rbx` points to the base, `rbp` to the plan, `r13` to
    /// queries of a panel, `r14` to its sums, `r15` to its largest scores; `r12` counts panels.
    public static void attend(Assembler code) {
        int hidden = SoftmaxCode.FIRST_FREE;
        code.pushAll(SAVED);
        code.mov(RBX, RDI);
        code.mov(RBP, RSI);
        SoftmaxCode.constants(code, RDX);
        PreparationCode.broadcast(code, hidden, Float.floatToIntBits(Float.NEGATIVE_INFINITY));
        field(code, R12, PanelRoutines.PANELS);
        place(code, R13, PanelRoutines.QUERIES);
        place(code, R14, PanelRoutines.SUMS);
        place(code, R15, PanelRoutines.LARGEST);
        int panel = code.here();
        place(code, RDI, PanelRoutines.KEYS);
        code.mov(RSI, R13);
        place(code, RDX, PanelRoutines.SCORES);
        field(code, RCX, PanelRoutines.DIM_PAIRS);
        field(code, R8, PanelRoutines.SCORE_TILES);
        Bf16Code.tileLoop(code, Bf16Routines.KEY_BYTES, 4, false);
        place(code, RAX, PanelRoutines.HIDDEN);
        code.vmovups(at(RAX, 0), hidden);
        code.vmovups(at(RAX, VECTOR_BYTES), hidden);
        place(code, RDI, PanelRoutines.SCORES);
        place(code, RSI, PanelRoutines.WEIGHTS);
        field(code, RDX, PanelRoutines.KEY_PAIRS);
        code.mov(RCX, R15);
        field(code, R8, PanelRoutines.TOTALS_BEHIND_LARGEST);
        code.add(R8, R15);
        place(code, R9, PanelRoutines.SHRINK);
        SoftmaxCode.block(code);
        place(code, RDI, PanelRoutines.VALUES);
        place(code, RSI, PanelRoutines.WEIGHTS);
        code.mov(RDX, R14);
        field(code, RCX, PanelRoutines.KEY_PAIRS);
        field(code, R8, PanelRoutines.VALUE_TILES);
        place(code, R9, PanelRoutines.SHRINK);
        Bf16Code.tileLoop(code, 4, Bf16Routines.VALUE_BYTES, true);
        code.mov(R14, RDX); // behind the sums
        field(code, RAX, PanelRoutines.QUERY_BYTES);
        code.add(R13, RAX);
        code.addConstant(R15, WIDTH_BYTES);
        code.decrementAndLoop(R12, panel);
        code.vzeroupper();
        code.popAll(SAVED);
        code.ret();
    }

    private static void field(Assembler code, int to, int field) {
        code.load(to, at(RBP, 8 * field));
    }

    private static void place(Assembler code, int to, int field) {
        field(code, to, field);
        code.add(to, RBX);
    }
}
