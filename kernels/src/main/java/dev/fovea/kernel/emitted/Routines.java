package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;

/// What the machine code computes: products of interleaved weights ([dev.fovea.kernel.Interleaved]) with int8
/// activations. Each routine checks that its segments hold what it touches.
///
/// Activations are quantised a span of [#SPAN] inputs at a time; `d` is the largest magnitude among
/// [#SCALE_BLOCKS] blocks of 32, divided by 127, and `q[i] = x[i] / d`, rounded to the nearest, to even between
/// two.
///
/// ```
/// span of one row      4 blocks of 40 bytes
/// 0            4     8                      40
/// │ -128 · Σ q │ d   │ q0 … q31, signed     │
/// ```
///
/// A product is `Σ d · (Σ dw · (Σ qw · q))`: the innermost sum of 32 products in integers, exactly, with
/// weights stored as `qw + 128`, of which the first field takes 128 away again; the next over the blocks of one
/// `d`, the outer over these, both in binary32 with one rounding for each step, in order. So one row and many
/// give equal numbers.
///
/// Activations that are not all finite give results that are not: `d` is not, and `q` undefined.
public sealed interface Routines permits MachineRoutines, PlainRoutines {
    /// Inputs of a span.
    int SPAN = 128;

    /// Blocks of 32 inputs in a span.
    int BLOCKS = 4;

    /// Blocks of a row of activations that share one scale.
    int SCALE_BLOCKS = 4;

    /// Bytes of one block, and of one span, of a quantised row.
    int BLOCK_BYTES = 40;

    int SPAN_BYTES = BLOCKS * BLOCK_BYTES;

    /// Rows of activations and outputs of one tile.
    int TILE_ROWS = 6;

    int TILE_OUTPUTS = 32;

    /// Bytes of a block of a strip: scales `[32]` f32, then weights `[8][32][4]` unsigned bytes.
    int STRIP_BLOCK_BYTES = 4 * TILE_OUTPUTS + 32 * TILE_OUTPUTS;

    /// Magnitudes below count as zero, as their inverse is none.
    float LEAST = 0x1p-100f;

    /// Quantises rows.
    ///
    /// @param x  rows of `spans * SPAN` floats, on or off the heap
    /// @param to span `s` of row `r` is written at byte `s * stride + r * SPAN_BYTES`
    void quantise(Rows x, int rows, int spans, MemorySegment to, long stride);

    /// Unpacks 16 rows of weights into their half of a strip `[spans][BLOCKS]`.
    ///
    /// @param w    interleaved, 16 rows of `spans` spans
    /// @param half 0 or 1
    void unpack(Format format, MemorySegment w, int spans, MemorySegment strip, int half);

    /// The product with one row.
    ///
    /// @param a the row; span `s` at byte `s * stride`
    /// @param w interleaved, `groups * 16` rows of `spans` spans
    /// @param y `[groups * 16]` floats, overwritten
    void oneRow(Format format, MemorySegment a, long stride, MemorySegment w, int spans, int groups, MemorySegment y);

    /// Weights of some inputs of [#TILE_OUTPUTS] outputs.
    ///
    /// @param format that they were unpacked from
    /// @param blocks `[spans][BLOCKS]`
    /// @param first  whether sums begin here, with zero, or else with what the results hold
    record Strip(Format format, MemorySegment blocks, int spans, boolean first) {}

    /// The product of `tiles * TILE_ROWS` rows with a strip.
    ///
    /// @param a    tiles of `[spans][TILE_ROWS]` spans
    /// @param bias `[TILE_OUTPUTS]` floats, added to each row at the end
    /// @param y    `tiles * TILE_ROWS` rows of `TILE_OUTPUTS` floats
    void tiles(Strip strip, Rows a, int tiles, MemorySegment bias, Rows y);
}
