package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
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
import dev.fovea.kernel.emitted.Address;
import dev.fovea.kernel.emitted.CacheRoutines;

/// Machine code of [CacheRoutines], for AVX-512 and the calling convention of System V. Counts are at least 1.
///
/// Both routines take `(rdi one, rsi cache, rdx stride, rcx other, r8 heads, r9 vectors, [rsp+8] one's step,
/// [rsp+16] other's step)`: `one` is read once for each head, `other` is written.
public final class CacheCode {
    private static final int[] ROWS = {RSI, R10, R11, RBX};

    /// The arguments on the stack, below the pushed register and the return address.
    private static final Address ONE_STEP = at(RSP, 16);

    private static final Address OTHER_STEP = at(RSP, 24);

    private CacheCode() {}

    /// `(rdi q, …, rcx scores, …)`.
    static void scores(Assembler code, Format format, int rows) {
        int q = 4;
        pointToRows(code);
        int head = code.here();
        for (int row = 0; row < rows; row++) {
            code.vpxord(row, row, row);
        }
        code.mov(RAX, R9);
        code.mov(RDX, RDI);
        int vector = code.here();
        code.vmovups(q, at(RDX, 0));
        for (int row = 0; row < rows; row++) {
            if (format == Format.F16) {
                code.vcvtph2ps(5 + row, at(ROWS[row], 0));
                code.vfmadd231ps(row, 5 + row, q);
            } else {
                code.vfmadd231ps(row, q, at(ROWS[row], 0));
            }
        }
        code.addConstant(RDX, 4 * CacheRoutines.LANES);
        advance(code, format, rows);
        code.decrementAndLoop(RAX, vector);
        join(code, rows);
        if (rows == 1) {
            code.vmovss(at(RCX, 0), 16);
        } else {
            code.vmovups128(at(RCX, 0), 16);
        }
        nextHead(code, head);
    }

    /// The sums of the lanes of registers 0 … 3 to lanes 0 … 3 of register 16.
    private static void join(Assembler code, int rows) {
        int second = rows == 1 ? 0 : 1;
        int third = rows == 1 ? 0 : 2;
        int fourth = rows == 1 ? 0 : 3;
        code.vunpcklps(16, 0, second);
        code.vunpckhps(17, 0, second);
        code.vaddps(16, 16, 17);
        code.vunpcklps(17, third, fourth);
        code.vunpckhps(18, third, fourth);
        code.vaddps(17, 17, 18);
        code.vunpcklpd(18, 16, 17);
        code.vunpckhpd(19, 16, 17);
        code.vaddps(16, 18, 19);
        code.vshufi32x4(17, 16, 16, 0x4e);
        code.vaddps(16, 16, 17);
        code.vshufi32x4(17, 16, 16, 0xb1);
        code.vaddps(16, 16, 17);
    }

    /// `(rdi weights, …, rcx y, …)`.
    static void add(Assembler code, Format format, int rows) {
        int sum = 4;
        pointToRows(code);
        int head = code.here();
        for (int row = 0; row < rows; row++) {
            code.vpbroadcastd(row, at(RDI, 4 * row));
        }
        code.mov(RAX, R9);
        code.mov(RDX, RCX);
        int vector = code.here();
        code.vmovups(sum, at(RDX, 0));
        for (int row = 0; row < rows; row++) {
            if (format == Format.F16) {
                code.vcvtph2ps(5 + row, at(ROWS[row], 0));
                code.vfmadd231ps(sum, 5 + row, row);
            } else {
                code.vfmadd231ps(sum, row, at(ROWS[row], 0));
            }
        }
        code.vmovups(at(RDX, 0), sum);
        code.addConstant(RDX, 4 * CacheRoutines.LANES);
        advance(code, format, rows);
        code.decrementAndLoop(RAX, vector);
        nextHead(code, head);
    }

    /// Points [#ROWS] to consecutive rows.
    private static void pointToRows(Assembler code) {
        code.push(RBX);
        code.lea(R10, at(RSI, 0).plus(RDX, 1));
        code.lea(R11, at(RSI, 0).plus(RDX, 2));
        code.lea(RBX, at(R10, 0).plus(RDX, 2));
    }

    private static void advance(Assembler code, Format format, int rows) {
        for (int row = 0; row < rows; row++) {
            code.addConstant(ROWS[row], Math.toIntExact(format.bytes(CacheRoutines.LANES)));
        }
    }

    /// The rows have moved on by a head already.
    private static void nextHead(Assembler code, int head) {
        code.add(RDI, ONE_STEP);
        code.add(RCX, OTHER_STEP);
        code.decrementAndLoop(R8, head);
        code.vzeroupper();
        code.pop(RBX);
        code.ret();
    }
}
