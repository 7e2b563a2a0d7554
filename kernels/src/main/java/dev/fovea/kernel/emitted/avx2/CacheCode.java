package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.CacheRoutines.LANES;
import static dev.fovea.kernel.emitted.GeneralAssembler.R10;
import static dev.fovea.kernel.emitted.GeneralAssembler.R11;
import static dev.fovea.kernel.emitted.GeneralAssembler.R8;
import static dev.fovea.kernel.emitted.GeneralAssembler.R9;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RCX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSP;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.Address;

/// Machine code of attention of one row, for the calling convention of System V: `(rdi one, rsi cache, rdx stride, rcx
/// other, r8 heads, r9 vectors, [rsp+8] one's step, [rsp+16] other's step)`; `one` is read once for each head, `other`
/// is written.
final class CacheCode {
    private static final int[] ROWS = {RSI, R10, R11, RBX};

    /// The arguments on the stack, below the pushed register and the return address.
    private static final Address ONE_STEP = at(RSP, 16);

    private static final Address OTHER_STEP = at(RSP, 24);

    private static final int WIDENED = 10; // and 11
    private static final int TEMPORARY = 12; // … 14

    private CacheCode() {}

    /// `(rdi q, …, rcx scores, …)`.
    static void scores(VexAssembler code, Format format, int rows) {
        int q = 8; // and 9
        pointToRows(code);
        int head = code.here();
        for (int i = 0; i < 2 * rows; i++) {
            code.vpxor(i, i, i);
        }
        code.mov(RAX, R9);
        code.mov(RDX, RDI);
        int vector = code.here();
        for (int half = 0; half < 2; half++) {
            code.vmovups(q + half, at(RDX, 32 * half));
        }
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < 2; half++) {
                multiplyAdd(code, format, lanes(row, half), q + half, row, half);
            }
        }
        code.addConstant(RDX, 4 * LANES);
        advance(code, format, rows);
        code.decrementAndLoop(RAX, vector);
        join(code, rows);
        if (rows == 1) {
            code.vmovss(at(RCX, 0), 0);
        } else {
            code.vmovups128(at(RCX, 0), 0);
        }
        nextHead(code, head);
    }

    /// The register of lanes `8 half … 8 half + 7` of a row.
    private static int lanes(int row, int half) {
        return 2 * row + half;
    }

    /// `to += factor · cache[row]`, half a vector.
    private static void multiplyAdd(VexAssembler code, Format format, int to, int factor, int row, int half) {
        if (format == Format.F16) {
            code.vcvtph2ps(WIDENED + half, at(ROWS[row], 16 * half));
            code.vfmadd231ps(to, WIDENED + half, factor);
        } else {
            code.vfmadd231ps(to, factor, at(ROWS[row], 32 * half));
        }
    }

    /// The sums of the lanes of each row, in its turn, to register 0.
    private static void join(VexAssembler code, int rows) {
        for (int half = 0; half < 2; half++) {
            join(
                    code,
                    lanes(0, half),
                    lanes(rows == 1 ? 0 : 1, half),
                    lanes(rows == 1 ? 0 : 2, half),
                    lanes(rows == 1 ? 0 : 3, half));
        }
        code.vaddps(0, lanes(0, 0), lanes(0, 1));
        code.vextracti128(1, 0);
        code.vaddps(0, 0, 1);
    }

    /// To `a`: in each 128 bits, `(x0 + x2) + (x1 + x3)` of the lanes of `a`, `b`, `c` and `d`.
    private static void join(VexAssembler code, int a, int b, int c, int d) {
        int ab = TEMPORARY;
        int cd = TEMPORARY + 1;
        int other = TEMPORARY + 2;
        code.vunpcklps(ab, a, b);
        code.vunpckhps(other, a, b);
        code.vaddps(ab, ab, other);
        code.vunpcklps(cd, c, d);
        code.vunpckhps(other, c, d);
        code.vaddps(cd, cd, other);
        code.vunpcklpd(other, ab, cd);
        code.vunpckhpd(ab, ab, cd);
        code.vaddps(a, other, ab);
    }

    /// `(rdi weights, …, rcx y, …)`.
    static void add(VexAssembler code, Format format, int rows) {
        int sum = 8; // and 9
        pointToRows(code);
        int head = code.here();
        for (int row = 0; row < rows; row++) {
            code.vpbroadcastd(row, at(RDI, 4 * row));
        }
        code.mov(RAX, R9);
        code.mov(RDX, RCX);
        int vector = code.here();
        for (int half = 0; half < 2; half++) {
            code.vmovups(sum + half, at(RDX, 32 * half));
        }
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < 2; half++) {
                multiplyAdd(code, format, sum + half, row, row, half);
            }
        }
        for (int half = 0; half < 2; half++) {
            code.vmovups(at(RDX, 32 * half), sum + half);
        }
        code.addConstant(RDX, 4 * LANES);
        advance(code, format, rows);
        code.decrementAndLoop(RAX, vector);
        nextHead(code, head);
    }

    /// Points [#ROWS] to consecutive rows.
    private static void pointToRows(VexAssembler code) {
        code.push(RBX);
        code.lea(R10, at(RSI, 0).plus(RDX, 1));
        code.lea(R11, at(RSI, 0).plus(RDX, 2));
        code.lea(RBX, at(R10, 0).plus(RDX, 2));
    }

    private static void advance(VexAssembler code, Format format, int rows) {
        for (int row = 0; row < rows; row++) {
            code.addConstant(ROWS[row], Math.toIntExact(format.bytes(LANES)));
        }
    }

    /// The rows have moved on by a head already.
    private static void nextHead(VexAssembler code, int head) {
        code.add(RDI, ONE_STEP);
        code.add(RCX, OTHER_STEP);
        code.decrementAndLoop(R8, head);
        code.vzeroupper();
        code.pop(RBX);
        code.ret();
    }
}
