package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.DenseRoutines.STEPS;
import static dev.fovea.kernel.emitted.DenseRoutines.TILE_ROWS;
import static dev.fovea.kernel.emitted.DenseRoutines.VECTORS;
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
import static dev.fovea.kernel.emitted.avx512.Assembler.RSP;

import dev.fovea.kernel.emitted.Address;
import dev.fovea.kernel.emitted.DenseRoutines;

/// Machine code of [DenseRoutines], for AVX-512 with VNNI or BF16 and the calling convention of System V. Counts are at
/// least 1.
public final class DenseCode {
    /// Predicate of a comparison: not less than, true for NaN.
    private static final int NOT_LESS = 5;

    private static final int FIRST_WEIGHTS = TILE_ROWS * VECTORS; // sums are in 0 … 23
    private static final int FIRST_BROADCAST = FIRST_WEIGHTS + VECTORS;
    private static final int BROADCASTS = 32 - FIRST_BROADCAST;
    private static final int OUTPUT_BYTES = 64 * VECTORS;
    private static final int FETCHING_ROUNDS = TILE_ROWS / 2;

    private DenseCode() {}

    /// What happens to the sums of a tile.
    public enum End {
        /// `y = (sum - offset) · (scale · row scale) + bias`, of bytes.
        SCALE,
        /// `y = sum + bias`, of bf16.
        ADD_BIAS,
        /// `y = y + sum`, of bf16.
        ADD
    }

    /// `(rdi a, rsi stride, rdx w, rcx steps, r8 y, r9 yStride, tiles, scales, notes)`, the last three on the stack.
    ///
    /// Each step takes four bytes of `rows` rows, and of 64 outputs; [DenseRoutines#STEPS] of them go round
    /// once, at least LEAST_ROUNDS times. Rows 0 … 2 are reached from `rax`, 3 … 5 from `rbx`. A tile of fewer rows
    /// than TILE_ROWS is the last.
    ///
    /// The first rounds of a whole tile ask for the lines of `y`: stores that wait for them hold up those of the
    /// next tile.
    public static void tiles(Assembler code, End end, int rows) {
        int[] saved = {RBX, RBP, R12, R13, R14, R15};
        code.pushAll(saved);
        int stack = 8 * (saved.length + 1);
        code.load(RBP, at(RSP, stack));
        code.load(R12, at(RSP, stack + 8));
        code.load(R13, at(RSP, stack + 16));
        int tile = code.here();
        code.mov(R10, RCX);
        code.mov(R11, RDX);
        rows(code, RDI, RSI);
        for (int i = 0; i < rows * VECTORS; i++) {
            code.vpxord(i, i, i);
        }
        if (rows == TILE_ROWS) {
            code.addConstant(R10, -FETCHING_ROUNDS);
            code.movConstant(R14, FETCHING_ROUNDS);
            code.mov(R15, R8);
            int fetching = code.here();
            round(code, rows, end == End.SCALE, true);
            code.lea(R15, at(R15, 0).plus(R9, 2));
            code.decrementAndLoop(R14, fetching);
        }
        int round = code.here();
        round(code, rows, end == End.SCALE, false);
        code.decrementAndLoop(R10, round);
        rows(code, R8, R9);
        switch (end) {
            case SCALE -> scale(code, rows);
            case ADD_BIAS -> addBias(code, rows);
            case ADD -> add(code, rows);
        }
        for (int i = 0; i < TILE_ROWS / 2; i++) {
            code.lea(RDI, at(RDI, 0).plus(RSI, 2));
            code.lea(R8, at(R8, 0).plus(R9, 2));
        }
        code.addConstant(R12, 4 * TILE_ROWS);
        code.decrementAndLoop(RBP, tile);
        code.vzeroupper();
        code.popAll(saved);
        code.ret();
    }

    /// Points `rax` to a row and `rbx` to the third after it.
    private static void rows(Assembler code, int first, int stride) {
        code.mov(RAX, first);
        code.lea(RBX, at(first, 0).plus(stride, 2));
        code.add(RBX, stride);
    }

    private static Address row(int row, int stride, int disp) {
        Address first = at(row < 3 ? RAX : RBX, disp);
        return row % 3 == 0 ? first : first.plus(stride, row % 3);
    }

    private static int sum(int row, int vector) {
        return row * VECTORS + vector;
    }

    /// @param fetching whether to ask for two rows of `y`, from `r15` on
    private static void round(Assembler code, int rows, boolean bytes, boolean fetching) {
        for (int i = 0; i < STEPS; i++) {
            step(code, i, rows, bytes);
            for (int row = 0; fetching && row < 2; row++) {
                Address line = at(R15, 64 * i);
                code.prefetchw(row == 0 ? line : line.plus(R9, 1));
            }
        }
        code.addConstant(RAX, 4 * STEPS);
        code.addConstant(RBX, 4 * STEPS);
        code.addConstant(R11, OUTPUT_BYTES * STEPS);
    }

    private static void step(Assembler code, int step, int rows, boolean bytes) {
        for (int vector = 0; vector < VECTORS; vector++) {
            code.vmovups(FIRST_WEIGHTS + vector, at(R11, OUTPUT_BYTES * step + 64 * vector));
        }
        for (int row = 0; row < rows; row++) {
            int a = FIRST_BROADCAST + row % BROADCASTS;
            code.vpbroadcastd(a, row(row, RSI, 4 * step));
            for (int vector = 0; vector < VECTORS; vector++) {
                if (bytes) {
                    code.vpdpbusd(sum(row, vector), a, FIRST_WEIGHTS + vector);
                } else {
                    code.vdpbf16ps(sum(row, vector), a, FIRST_WEIGHTS + vector);
                }
            }
        }
    }

    /// The notes are `[64]` offsets, `[64]` scales and `[64]` biases.
    private static void scale(Assembler code, int rows) {
        int offset = FIRST_WEIGHTS;
        int scale = offset + 1;
        int bias = offset + 2;
        int rowScale = offset + 3;
        for (int vector = 0; vector < VECTORS; vector++) {
            code.vmovups(offset, at(R13, 64 * vector));
            code.vmovups(scale, at(R13, OUTPUT_BYTES + 64 * vector));
            code.vmovups(bias, at(R13, 2 * OUTPUT_BYTES + 64 * vector));
            for (int row = 0; row < rows; row++) {
                int sum = sum(row, vector);
                code.vpbroadcastd(rowScale, at(R12, 4 * row));
                code.vmulps(rowScale, rowScale, scale);
                code.vpsubd(sum, sum, offset);
                code.vcvtdq2ps(sum, sum);
                code.vmulps(sum, sum, rowScale);
                code.vaddps(sum, sum, bias);
                code.vmovups(row(row, R9, 64 * vector), sum);
            }
        }
    }

    /// The notes are `[64]` biases.
    private static void addBias(Assembler code, int rows) {
        for (int vector = 0; vector < VECTORS; vector++) {
            code.vmovups(FIRST_WEIGHTS, at(R13, 64 * vector));
            for (int row = 0; row < rows; row++) {
                code.vaddps(sum(row, vector), sum(row, vector), FIRST_WEIGHTS);
                code.vmovups(row(row, R9, 64 * vector), sum(row, vector));
            }
        }
    }

    private static void add(Assembler code, int rows) {
        for (int vector = 0; vector < VECTORS; vector++) {
            for (int row = 0; row < rows; row++) {
                Address y = row(row, R9, 64 * vector);
                code.vaddps(sum(row, vector), sum(row, vector), y);
                code.vmovups(y, sum(row, vector));
            }
        }
    }

    private static final int X = 0; // … 3
    private static final int LARGEST = 4; // … 7
    private static final int INVERSE = 8;
    private static final int SIGN = 27;
    private static final int ORDER = 28;
    private static final int LEAST = 29;
    private static final int LIMIT = 30;
    private static final int MAGNITUDE = 31;

    /// [DenseRoutines#round]: `(rdi x, rsi stride, rdx rows, rcx quads of vectors, r8 to, r9 toStride, scales)`, the
    /// last on the stack.
    public static void quantise(Assembler code) {
        code.push(RBX);
        code.load(RBX, at(RSP, 16));
        PreparationCode.broadcast(code, MAGNITUDE, 0x7fffffff);
        PreparationCode.broadcast(code, LIMIT, Float.floatToIntBits(127));
        PreparationCode.broadcast(code, LEAST, Float.floatToIntBits(DenseRoutines.LEAST));
        PreparationCode.broadcast(code, SIGN, 0x80808080); // adds 128 to a byte
        PreparationCode.order(code, ORDER);
        int row = code.here();
        for (int i = 0; i < 4; i++) {
            code.vpxord(LARGEST + i, LARGEST + i, LARGEST + i);
        }
        code.mov(RAX, RDI);
        code.mov(R10, RCX);
        int magnitudes = code.here();
        for (int i = 0; i < 4; i++) {
            code.vpandd(X + i, MAGNITUDE, at(RAX, 64 * i));
            code.vpmaxud(LARGEST + i, LARGEST + i, X + i);
        }
        code.addConstant(RAX, 256);
        code.decrementAndLoop(R10, magnitudes);
        PreparationCode.largestOfFour(code, LARGEST);
        PreparationCode.largestOfAll(code, LARGEST, X);
        code.vcmpps(1, LARGEST, LEAST, NOT_LESS);
        code.vdivpsMasked(INVERSE, LIMIT, LARGEST, 1);
        code.vdivpsMasked(X, LARGEST, LIMIT, 1);
        code.vmovss(at(RBX, 0), X);
        code.vbroadcastss(INVERSE, INVERSE);
        code.mov(RAX, RDI);
        code.mov(R11, R8);
        code.mov(R10, RCX);
        int quad = code.here();
        for (int i = 0; i < 4; i++) {
            code.vmulps(X + i, INVERSE, at(RAX, 64 * i));
        }
        PreparationCode.narrow(code, X);
        code.vpxord(X, X, SIGN);
        code.vpermd(X, ORDER, X);
        code.vmovups(at(R11, 0), X);
        code.addConstant(RAX, 256);
        code.addConstant(R11, 64);
        code.decrementAndLoop(R10, quad);
        code.add(RDI, RSI);
        code.add(R8, R9);
        code.addConstant(RBX, 4);
        code.decrementAndLoop(RDX, row);
        code.vzeroupper();
        code.pop(RBX);
        code.ret();
    }
}
