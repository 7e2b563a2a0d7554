package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.R10;
import static dev.fovea.kernel.emitted.GeneralAssembler.R11;
import static dev.fovea.kernel.emitted.GeneralAssembler.R12;
import static dev.fovea.kernel.emitted.GeneralAssembler.R13;
import static dev.fovea.kernel.emitted.GeneralAssembler.R14;
import static dev.fovea.kernel.emitted.GeneralAssembler.R15;
import static dev.fovea.kernel.emitted.GeneralAssembler.R8;
import static dev.fovea.kernel.emitted.GeneralAssembler.R9;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBP;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RCX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSP;
import static dev.fovea.kernel.emitted.Routines.BLOCKS;
import static dev.fovea.kernel.emitted.Routines.BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.SPAN_BYTES;
import static dev.fovea.kernel.emitted.Routines.STRIP_BLOCK_BYTES;
import static dev.fovea.kernel.emitted.Routines.TILE_OUTPUTS;
import static dev.fovea.kernel.emitted.Routines.TILE_ROWS;
import static dev.fovea.kernel.emitted.avx2.TileProducts.sum;

import dev.fovea.kernel.emitted.Address;

/// Machine code of products with many rows, for the calling convention of System V. All blocks of a span share one
/// scale of the activations ([dev.fovea.kernel.emitted.Routines#SCALE_BLOCKS]).
///
/// A tile is computed in two halves of 16 outputs, as 12 integer sums are what 16 registers have room for; the float
/// sums of a span are on the stack:
///
/// ```
/// rsp          what the products need     frameBytes()
/// inner        [TILE_ROWS][16] floats     of a span
/// sums         [TILE_ROWS][32] floats     of all spans
/// negative     -0.0, tiles that are left, address of the bias
/// ```
final class TileCode {
    private static final int[] SAVED = {RBX, RBP, R12, R13, R14, R15};

    /// Bytes of a row of half a tile.
    private static final int ROW_BYTES = 64;

    private static final int INNER_BYTES = TILE_ROWS * ROW_BYTES;
    private static final int SCALE_BYTES = 4 * TILE_OUTPUTS;
    private static final int SUM_ROW_BYTES = 4 * TILE_OUTPUTS;

    private final VexAssembler code;
    private final TileProducts products;
    private final int inner; // places on the stack
    private final int sums;
    private final int negative;
    private final int tilesLeft;
    private final int bias;
    private final int frame; // bytes

    private TileCode(VexAssembler code, TileProducts products) {
        this.code = code;
        this.products = products;
        this.inner = products.frameBytes();
        this.sums = inner + INNER_BYTES;
        this.negative = sums + TILE_ROWS * SUM_ROW_BYTES;
        this.tilesLeft = negative + 8;
        this.bias = negative + 16;
        this.frame = negative + 64;
    }

    /// `(rdi a, rsi stride, rdx strip, rcx spans, r8 y, r9 yStride, tiles, bias)`, the last two on the stack.
    ///
    /// @param first whether sums begin with zero, or else with what `y` holds
    static void tiles(VexAssembler code, TileProducts products, boolean first) {
        new TileCode(code, products).tiles(first);
    }

    /// `rax` points to the activations of a span, `r11` to its weights, `rbp` to the sums of half a tile.
    private void tiles(boolean first) {
        begin();
        int tile = code.here();
        beginSums(first);
        code.mov(RAX, RDI);
        code.mov(R11, RDX);
        code.mov(R10, RCX);
        int span = code.here();
        products.span(code);
        code.lea(RBP, at(RSP, sums));
        code.movConstant(R15, 2);
        int half = code.here();
        halfTile();
        code.addConstant(RBP, ROW_BYTES);
        code.addConstant(R11, ROW_BYTES);
        code.decrementAndLoop(R15, half);
        code.addConstant(R11, BLOCKS * STRIP_BLOCK_BYTES - 2 * ROW_BYTES);
        code.addConstant(RAX, TILE_ROWS * SPAN_BYTES);
        code.decrementAndLoop(R10, span);
        store();
        code.add(RDI, RSI);
        code.decrementAndLoop(at(RSP, tilesLeft), tile);
        end();
    }

    /// `rax` goes from row to row of `y`.
    private void beginSums(boolean first) {
        code.vpxor(0, 0, 0);
        code.mov(RAX, R8);
        for (int row = 0; row < TILE_ROWS; row++) {
            for (int vector = 0; vector < SUM_ROW_BYTES; vector += 32) {
                if (!first) {
                    code.vmovups(0, at(RAX, vector));
                }
                code.vmovups(at(RSP, sums + row * SUM_ROW_BYTES + vector), 0);
            }
            code.add(RAX, R9);
        }
    }

    /// `y = sums + bias`; `r8` goes to the next tile.
    private void store() {
        code.load(RAX, at(RSP, bias));
        for (int row = 0; row < TILE_ROWS; row++) {
            for (int vector = 0; vector < SUM_ROW_BYTES; vector += 32) {
                code.vmovups(0, at(RAX, vector));
                code.vaddps(0, 0, at(RSP, sums + row * SUM_ROW_BYTES + vector));
                code.vmovups(at(R8, vector), 0);
            }
            code.add(R8, R9);
        }
    }

    /// Saves registers and makes room on the stack.
    private void begin() {
        code.pushAll(SAVED);
        int arguments = 8 * (SAVED.length + 1);
        code.load(R12, at(RSP, arguments));
        code.load(R13, at(RSP, arguments + 8));
        code.pushFrame(frame);
        code.store(at(RSP, tilesLeft), R12);
        code.store(at(RSP, bias), R13);
        products.frame(code);
        code.movConstant(RAX, Float.floatToRawIntBits(-0f));
        code.store32(at(RSP, negative), RAX);
    }

    private void end() {
        code.popFrame(frame);
        code.popAll(SAVED);
        code.vzeroupper();
        code.ret();
    }

    /// `r12` points to a block of the activations, `r13` to its weights.
    private void halfTile() {
        code.vpbroadcastd(0, at(RSP, negative));
        for (int row = 0; row < TILE_ROWS; row++) {
            for (int half = 0; half < 2; half++) {
                code.vmovups(inner(row, half), 0);
            }
        }
        products.firstBlock(code);
        code.mov(R12, RAX);
        code.mov(R13, R11);
        code.movConstant(R14, BLOCKS);
        int block = code.here();
        integers();
        floats();
        code.addConstant(RBX, products.blockBytes());
        code.addConstant(R12, BLOCK_BYTES);
        code.addConstant(R13, STRIP_BLOCK_BYTES);
        code.decrementAndLoop(R14, block);
        addToSums();
    }

    private void integers() {
        products.begin(code);
        for (int i = 0; i < 8; i++) {
            products.add(code, at(R13, SCALE_BYTES + 128 * i), i);
        }
        products.end(code);
    }

    /// Adding to -0 is a product with one rounding, sign of zero included, so the first block is as the others.
    private void floats() {
        int[] scales = {12, 13};
        code.vmovups(scales[0], at(R13, 0));
        code.vmovups(scales[1], at(R13, 32));
        for (int row = 0; row < TILE_ROWS; row++) {
            for (int half = 0; half < 2; half++) {
                int sum = sum(row, half);
                code.vcvtdq2ps(sum, sum);
                code.vfmadd213ps(sum, scales[half], inner(row, half));
                code.vmovups(inner(row, half), sum);
            }
        }
    }

    /// `r12` is behind the last block.
    private void addToSums() {
        int scale = 0;
        for (int row = 0; row < TILE_ROWS; row++) {
            code.vpbroadcastd(scale, at(R12, row * SPAN_BYTES - BLOCK_BYTES + 4));
            for (int half = 0; half < 2; half++) {
                int to = row * SUM_ROW_BYTES + 32 * half;
                code.vmovups(1 + half, inner(row, half));
                code.vfmadd213ps(1 + half, scale, at(RBP, to));
                code.vmovups(at(RBP, to), 1 + half);
            }
        }
    }

    private Address inner(int row, int half) {
        return at(RSP, inner + row * ROW_BYTES + 32 * half);
    }
}
