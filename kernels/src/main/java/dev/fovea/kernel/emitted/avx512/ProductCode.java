package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.Address.each;
import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.SCALE_BLOCKS;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_OUTPUTS;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;
import static dev.fovea.kernel.emitted.avx512.Assembler.R10;
import static dev.fovea.kernel.emitted.avx512.Assembler.R11;
import static dev.fovea.kernel.emitted.avx512.Assembler.R12;
import static dev.fovea.kernel.emitted.avx512.Assembler.R8;
import static dev.fovea.kernel.emitted.avx512.Assembler.R9;
import static dev.fovea.kernel.emitted.avx512.Assembler.RAX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBP;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RCX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSP;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.emitted.Address;

/// Machine code of the products, for AVX-512 with VNNI and the calling convention of System V. Counts are at
/// least 1.
public final class ProductCode {
    /// Of a tile of weights, and of a block of a strip.
    private static final int SCALE_BYTES = 128;

    /// From the first of six rows to the fourth.
    private static final int MIDDLE = TILE_ROWS / 2 * SPAN_BYTES;

    private ProductCode() {}

    /// [Routines#oneRow]: `(rdi a, rsi stride, rdx w, rcx y, r8 spans, r9 groups)`. Bound by reading the weights:
    /// a block of Q4_0 takes some 14 cycles, in which the memory gives a third of it.
    static void oneRow(Assembler code, Format format) {
        int sum = 0;
        int mask = 31;
        if (format == Format.Q4_0) {
            code.movConstant(RAX, 0x0f0f0f0f);
            code.vpbroadcastd(mask, RAX);
        }
        int group = code.here();
        code.vpxord(sum, sum, sum);
        code.mov(RAX, RDI);
        code.mov(R10, R8);
        int span = code.here();
        for (int block = 0; block < BLOCKS; block++) {
            oneRowBlock(code, format, block, sum, mask);
        }
        code.addConstant(RDX, Interleaved.tileBytes(format));
        code.add(RAX, RSI);
        code.decrementAndLoop(R10, span);
        code.vmovups(at(RCX, 0), sum);
        code.addConstant(RCX, 64);
        code.decrementAndLoop(R9, group);
        code.vzeroupper();
        code.ret();
    }

    private static void oneRowBlock(Assembler code, Format format, int block, int sum, int mask) {
        int products = 1;
        int inner = 2;
        int scale = 3;
        int a = block * BLOCK_BYTES;
        code.vcvtph2ps(scale, at(RDX, 32 * block));
        code.vpbroadcastd(products, at(RAX, a));
        if (format == Format.Q8_0) {
            for (int i = 0; i < 8; i++) {
                int weights = 4 + i;
                code.vmovups(weights, at(RDX, SCALE_BYTES + 512 * block + 64 * i));
                code.vpdpbusd(products, weights, each(RAX, a + 8 + 4 * i));
            }
        } else {
            code.vpsrad(products, products, 4); // weights + 8 instead of + 128
            for (int i = 0; i < 4; i++) {
                int low = 4 + 2 * i;
                int high = low + 1;
                code.vmovups(high, at(RDX, SCALE_BYTES + 256 * block + 64 * i));
                code.vpandd(low, high, mask);
                code.vpsrld(high, high, 4);
                code.vpandd(high, high, mask);
                code.vpdpbusd(products, low, each(RAX, a + 8 + 8 * i));
                code.vpdpbusd(products, high, each(RAX, a + 12 + 8 * i));
            }
        }
        code.vcvtdq2ps(products, products);
        if (block % SCALE_BLOCKS == 0) {
            code.vmulps(inner, products, scale);
        } else {
            code.vfmadd231ps(inner, products, scale);
        }
        if ((block + 1) % SCALE_BLOCKS == 0) {
            code.vfmadd231ps(sum, inner, each(RAX, a + 4));
        }
    }

    private static final int SUM_BYTES = 4 * TILE_ROWS * TILE_OUTPUTS;
    private static final int[] SAVED = {RBX, RBP, R12};

    /// [Routines#tiles]: `(rdi a, rsi stride, rdx strip, rcx spans, r8 y, r9 yStride, tiles, bias)`, the last two on
    /// the stack.
    ///
    /// Of 6 rows × 2 vectors integers stay in registers 0 … 11, sums of a span in 12 … 23, sums of all
    /// spans at the stack's end, which the first cache level holds. `rax` points to the middle of the six
    /// rows, so that all of them are within reach of a displacement of one byte; rows 0 … 2 of `y` are
    /// reached from `r8`, the others from `rbx`. Lines of `y` are asked for in time, as sums of the next tile wait
    /// behind them to be stored.
    ///
    /// @param first whether sums begin with zero, or else with what `y` holds
    static void tiles(Assembler code, boolean first) {
        begin(code);
        int tile = code.here();
        code.lea(RAX, at(RDI, MIDDLE));
        code.mov(R11, RDX);
        code.mov(R10, RCX);
        code.lea(RBX, at(R8, 0).plus(R9, 2));
        code.add(RBX, R9);
        code.vpxord(0, 0, 0);
        for (int row = 0; row < TILE_ROWS; row++) {
            for (int half = 0; half < 2; half++) {
                if (first) {
                    code.prefetchw(y(row, half));
                } else {
                    code.vmovups(0, y(row, half));
                }
                code.vmovups(sum(row, half), 0);
            }
        }
        int span = code.here();
        for (int block = 0; block < BLOCKS; block++) {
            tileBlock(code, block * BLOCK_BYTES - MIDDLE, block * STRIP_BLOCK_BYTES, block % SCALE_BLOCKS == 0);
            if ((block + 1) % SCALE_BLOCKS == 0) {
                addToSums(code, block * BLOCK_BYTES - MIDDLE);
            }
        }
        code.addConstant(R11, BLOCKS * STRIP_BLOCK_BYTES);
        code.addConstant(RAX, TILE_ROWS * SPAN_BYTES);
        code.decrementAndLoop(R10, span);
        store(code);
        code.add(RDI, RSI);
        code.lea(R8, at(RBX, 0).plus(R9, 2));
        code.add(R8, R9);
        code.decrementAndLoop(RBP, tile);
        end(code);
    }

    /// Makes room for the sums on the stack.
    private static void begin(Assembler code) {
        code.pushAll(SAVED);
        int arguments = 8 * (SAVED.length + 1);
        code.load(RBP, at(RSP, arguments));
        code.load(R12, at(RSP, arguments + 8));
        code.pushFrame(SUM_BYTES);
    }

    private static void end(Assembler code) {
        code.popFrame(SUM_BYTES);
        code.popAll(SAVED);
        code.vzeroupper();
        code.ret();
    }

    /// `y = sums + bias`.
    private static void store(Assembler code) {
        code.vmovups(0, at(R12, 0));
        code.vmovups(1, at(R12, 64));
        for (int row = 0; row < TILE_ROWS; row++) {
            for (int half = 0; half < 2; half++) {
                int to = 2 + (2 * row + half) % 8;
                code.vaddps(to, half, sum(row, half));
                code.vmovups(y(row, half), to);
            }
        }
    }

    private static Address y(int row, int half) {
        Address first = at(row < 3 ? R8 : RBX, 64 * half);
        return row % 3 == 0 ? first : first.plus(R9, row % 3);
    }

    /// Of a tile, on the stack.
    private static Address sum(int row, int half) {
        return at(RSP, 4 * TILE_OUTPUTS * row + 64 * half);
    }

    private static int integers(int row, int half) {
        return 2 * row + half;
    }

    private static int floats(int row, int half) {
        return 2 * TILE_ROWS + integers(row, half);
    }

    private static void tileBlock(Assembler code, int a, int strip, boolean first) {
        int[] weights = {24, 25};
        int[] scales = {26, 27};
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(integers(row, 0), at(RAX, a + row * SPAN_BYTES));
            code.vmovdqa32(integers(row, 1), integers(row, 0));
        }
        for (int i = 0; i < 8; i++) {
            for (int half = 0; half < 2; half++) {
                code.vmovups(weights[half], at(R11, strip + SCALE_BYTES + 128 * i + 64 * half));
            }
            for (int row = 0; row < TILE_ROWS; row++) {
                for (int half = 0; half < 2; half++) {
                    code.vpdpbusd(integers(row, half), weights[half], each(RAX, a + row * SPAN_BYTES + 8 + 4 * i));
                }
            }
        }
        for (int half = 0; half < 2; half++) {
            code.vmovups(scales[half], at(R11, strip + 64 * half));
        }
        for (int row = 0; row < TILE_ROWS; row++) {
            for (int half = 0; half < 2; half++) {
                int products = integers(row, half);
                code.vcvtdq2ps(products, products);
                if (first) {
                    code.vmulps(floats(row, half), products, scales[half]);
                } else {
                    code.vfmadd231ps(floats(row, half), products, scales[half]);
                }
            }
        }
    }

    private static void addToSums(Assembler code, int a) {
        int scale = 28;
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(scale, at(RAX, a + row * SPAN_BYTES + 4));
            for (int half = 0; half < 2; half++) {
                code.vfmadd213ps(floats(row, half), scale, sum(row, half));
                code.vmovups(sum(row, half), floats(row, half));
            }
        }
    }
}
