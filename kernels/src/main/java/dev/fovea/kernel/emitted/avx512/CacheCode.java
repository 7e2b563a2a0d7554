package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.CacheLoops.ONE_STEP;
import static dev.fovea.kernel.emitted.CacheLoops.OTHER_STEP;
import static dev.fovea.kernel.emitted.avx512.Assembler.R13;
import static dev.fovea.kernel.emitted.avx512.Assembler.R14;
import static dev.fovea.kernel.emitted.avx512.Assembler.R15;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBP;
import static dev.fovea.kernel.emitted.avx512.Assembler.RCX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDI;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.CacheLoops;

/// Machine code of [CacheRoutines], for AVX-512; see [CacheLoops].
final class CacheCode {
    /// Heads of the query that one pass serves at most.
    static final int MOST_QUERIES = 4;

    /// Vector registers of rows, after those of `rows * queries` numbers.
    private static final int WIDENED = 16; // … 19

    private CacheCode() {}

    /// `(rdi q, …, rcx scores, …)`.
    static void scores(Assembler code, Format format, int rows, int queries) {
        int q = 20;
        int[] pointers = {RDI, R13, R14, R15};
        CacheLoops loops = new CacheLoops(code, format, rows);
        loops.begin();
        for (int sum = 0; sum < rows * queries; sum++) {
            code.vpxord(sum, sum, sum);
        }
        code.load(RBP, ONE_STEP);
        point(code, pointers, queries);
        loops.beginVectors();
        widen(code, loops, format, rows);
        for (int query = 0; query < queries; query++) {
            code.vmovups(q, loops.floats(pointers[query]));
            for (int row = 0; row < rows; row++) {
                code.vfmadd231ps(rows * query + row, WIDENED + row, q);
            }
        }
        loops.endVectors();
        for (int query = 0; query < queries; query++) {
            join(code, rows * query, rows);
            if (rows == 1) {
                code.vmovss(at(RCX, 0), 16);
            } else {
                code.vmovups128(at(RCX, 0), 16);
            }
            code.add(RCX, OTHER_STEP);
            code.add(RDI, ONE_STEP);
        }
        loops.end(true);
    }

    /// The sums of the lanes of registers `first` … to lanes 0 … 3 of register 16.
    private static void join(Assembler code, int first, int rows) {
        int second = rows == 1 ? first : first + 1;
        int third = rows == 1 ? first : first + 2;
        int fourth = rows == 1 ? first : first + 3;
        code.vunpcklps(16, first, second);
        code.vunpckhps(17, first, second);
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
    static void add(Assembler code, Format format, int rows, int queries) {
        int sum = 20; // … 23
        int[] pointers = {RCX, R13, R14, R15};
        CacheLoops loops = new CacheLoops(code, format, rows);
        loops.begin();
        for (int query = 0; query < queries; query++) {
            for (int row = 0; row < rows; row++) {
                code.vpbroadcastd(rows * query + row, at(RDI, 4 * row));
            }
            code.add(RDI, ONE_STEP);
        }
        code.load(RBP, OTHER_STEP);
        point(code, pointers, queries);
        loops.beginVectors();
        widen(code, loops, format, rows);
        for (int query = 0; query < queries; query++) {
            code.vmovups(sum + query, loops.floats(pointers[query]));
            for (int row = 0; row < rows; row++) {
                code.vfmadd231ps(sum + query, WIDENED + row, rows * query + row);
            }
            code.vmovups(loops.floats(pointers[query]), sum + query);
        }
        loops.endVectors();
        for (int query = 0; query < queries; query++) {
            code.add(RCX, OTHER_STEP);
        }
        loops.end(false);
    }

    /// Points to what belongs to each query, from where the first pointer points, `rbp` bytes apart.
    private static void point(Assembler code, int[] pointers, int queries) {
        for (int query = 1; query < queries; query++) {
            code.lea(pointers[query], at(pointers[query - 1], 0).plus(RBP, 1));
        }
    }

    private static void widen(Assembler code, CacheLoops loops, Format format, int rows) {
        for (int row = 0; row < rows; row++) {
            if (format == Format.F16) {
                code.vcvtph2ps(WIDENED + row, loops.row(row));
            } else {
                code.vmovups(WIDENED + row, loops.row(row));
            }
        }
    }
}
