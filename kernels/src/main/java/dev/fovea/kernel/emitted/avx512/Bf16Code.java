package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.Address.each;
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

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.Address;
import dev.fovea.kernel.emitted.Bf16Routines;

/// Machine code of [Bf16Routines], for AVX-512 with BF16 and the calling convention of System V. Counts are at least 1.
public final class Bf16Code {
    private static final int TILE_ROWS = Bf16Routines.TILE_ROWS;
    private static final int WIDTH_BYTES = 4 * Bf16Routines.WIDTH;
    private static final int VECTOR_BYTES = 4 * Bf16Routines.LANES;

    private Bf16Code() {}

    /// [Bf16Routines#halves]: `(rdi from, rsi stride, rdx rows, rcx vectors, r8 to, r9 toStride)`. Asks for rows some
    /// way
    /// ahead: a head's part of a row is short, and the next row lies where the processor does not look for it.
    public static void halves(Assembler code, Format format) {
        int row = code.here();
        code.mov(RAX, RDI);
        code.mov(R11, R8);
        code.mov(R10, RCX);
        int vector = code.here();
        code.prefetch(ahead(RAX));
        load(code, format, 0, RAX);
        code.vcvtneps2bf16(0, 0);
        code.vmovups256(at(R11, 0), 0);
        code.addConstant(RAX, Math.toIntExact(format.bytes(Bf16Routines.LANES)));
        code.addConstant(R11, VECTOR_BYTES / 2);
        code.decrementAndLoop(R10, vector);
        code.add(RDI, RSI);
        code.add(R8, R9);
        code.decrementAndLoop(RDX, row);
        code.vzeroupper();
        code.ret();
    }

    /// Eight rows further on; `rsi` is the stride.
    private static Address ahead(int row) {
        return at(row, 0).plus(RSI, 8);
    }

    /// [Bf16Routines#pairs]: `(rdi from, rsi stride, rdx pairs, rcx vectors, r8 to, r9 toStride)`. Asks for rows as
    /// [#halves] does.
    public static void pairs(Assembler code, Format format) {
        code.push(RBX);
        int pair = code.here();
        code.mov(RAX, RDI);
        code.add(RDI, RSI);
        code.mov(R10, RDI);
        code.mov(R11, R8);
        code.mov(RBX, RCX);
        int vector = code.here();
        code.prefetch(ahead(RAX));
        code.prefetch(ahead(R10));
        load(code, format, 0, RAX);
        load(code, format, 1, R10);
        code.vcvtneps2bf16(0, 0);
        code.vcvtneps2bf16(1, 1);
        code.vpmovzxwd(0, 0);
        code.vpmovzxwd(1, 1);
        code.vpslld(1, 1, 16);
        code.vpord(0, 0, 1);
        code.vmovups(at(R11, 0), 0);
        int bytes = Math.toIntExact(format.bytes(Bf16Routines.LANES));
        code.addConstant(RAX, bytes);
        code.addConstant(R10, bytes);
        code.addConstant(R11, VECTOR_BYTES);
        code.decrementAndLoop(RBX, vector);
        code.add(RDI, RSI);
        code.add(R8, R9);
        code.decrementAndLoop(RDX, pair);
        code.vzeroupper();
        code.pop(RBX);
        code.ret();
    }

    private static void load(Assembler code, Format format, int to, int from) {
        if (format == Format.F16) {
            code.vcvtph2ps(to, at(from, 0));
        } else {
            code.vmovups(to, at(from, 0));
        }
    }

    /// `(rdi a, rsi b, rdx c, rcx pairs, r8 tiles, r9 factors)`: `c [tiles * TILE_ROWS][WIDTH] = a b`, or
    /// `c · factors + a b`. The sums of a tile are in registers 0 … 15.
    ///
    /// @param row  bytes from row to row of `a`
    /// @param step bytes from pair to pair of `a`
    public static void tiles(Assembler code, int row, int step, boolean add) {
        tileLoop(code, row, step, add);
        code.vzeroupper();
        code.ret();
    }

    /// As [#tiles], going on behind it; leaves `rdx` behind `c`.
    static void tileLoop(Assembler code, int row, int step, boolean add) {
        int[] b = {16, 17};
        int[] factors = {18, 19};
        for (int half = 0; half < 2 && add; half++) {
            code.vmovups(factors[half], at(R9, half * VECTOR_BYTES));
        }
        int tile = code.here();
        for (int i = 0; i < 2 * TILE_ROWS; i++) {
            if (add) {
                code.vmulps(i, factors[i % 2], at(RDX, i * VECTOR_BYTES));
            } else {
                code.vpxord(i, i, i);
            }
        }
        code.mov(RAX, RDI);
        code.mov(R11, RSI);
        code.mov(R10, RCX);
        int pair = code.here();
        for (int half = 0; half < 2; half++) {
            code.vmovups(b[half], at(R11, half * VECTOR_BYTES));
        }
        for (int i = 0; i < 2 * TILE_ROWS; i++) {
            code.vdpbf16ps(i, b[i % 2], each(RAX, i / 2 * row));
        }
        code.addConstant(RAX, step);
        code.addConstant(R11, WIDTH_BYTES);
        code.decrementAndLoop(R10, pair);
        for (int i = 0; i < 2 * TILE_ROWS; i++) {
            code.vmovups(at(RDX, i * VECTOR_BYTES), i);
        }
        code.addConstant(RDI, TILE_ROWS * row);
        code.addConstant(RDX, TILE_ROWS * WIDTH_BYTES);
        code.decrementAndLoop(R8, tile);
    }
}
