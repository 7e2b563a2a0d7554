package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.CacheLoops.ONE_STEP;
import static dev.fovea.kernel.emitted.CacheLoops.OTHER_STEP;
import static dev.fovea.kernel.emitted.GeneralAssembler.RCX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDI;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.CacheLoops;

/// Machine code of attention of one row, a head of the query in each pass; see [CacheLoops].
final class CacheCode {
    private static final int HALF_BYTES = 32;
    private static final int WIDENED = 10; // and 11
    private static final int TEMPORARY = 12; // … 14

    private CacheCode() {}

    /// `(rdi q, …, rcx scores, …)`.
    static void scores(VexAssembler code, Format format, int rows) {
        int q = 8; // and 9
        CacheLoops loops = new CacheLoops(code, format, rows);
        loops.begin();
        for (int i = 0; i < 2 * rows; i++) {
            code.vpxor(i, i, i);
        }
        loops.beginVectors();
        for (int half = 0; half < 2; half++) {
            code.vmovups(q + half, loops.floats(RDI).next(HALF_BYTES * half));
        }
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < 2; half++) {
                multiplyAdd(code, loops, format, lanes(row, half), q + half, row, half);
            }
        }
        loops.endVectors();
        join(code, rows);
        if (rows == 1) {
            code.vmovss(at(RCX, 0), 0);
        } else {
            code.vmovups128(at(RCX, 0), 0);
        }
        nextQuery(code);
        loops.end(true);
    }

    /// The register of lanes `8 half … 8 half + 7` of a row.
    private static int lanes(int row, int half) {
        return 2 * row + half;
    }

    /// `to += factor · cache[row]`, half a vector.
    private static void multiplyAdd(
            VexAssembler code, CacheLoops loops, Format format, int to, int factor, int row, int half) {
        if (format == Format.F16) {
            code.vcvtph2ps(WIDENED + half, loops.row(row).next(HALF_BYTES / 2 * half));
            code.vfmadd231ps(to, WIDENED + half, factor);
        } else {
            code.vfmadd231ps(to, factor, loops.row(row).next(HALF_BYTES * half));
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
        CacheLoops loops = new CacheLoops(code, format, rows);
        loops.begin();
        for (int row = 0; row < rows; row++) {
            code.vpbroadcastd(row, at(RDI, 4 * row));
        }
        loops.beginVectors();
        for (int half = 0; half < 2; half++) {
            code.vmovups(sum + half, loops.floats(RCX).next(HALF_BYTES * half));
        }
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < 2; half++) {
                multiplyAdd(code, loops, format, sum + half, row, row, half);
            }
        }
        for (int half = 0; half < 2; half++) {
            code.vmovups(loops.floats(RCX).next(HALF_BYTES * half), sum + half);
        }
        loops.endVectors();
        nextQuery(code);
        loops.end(false);
    }

    private static void nextQuery(VexAssembler code) {
        code.add(RDI, ONE_STEP);
        code.add(RCX, OTHER_STEP);
    }
}
