package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;

/// What the machine code computes of attention of one row: products with a few rows of cached keys, and weighted sums
/// of a few rows of cached values. Segments are on or off the heap; each routine checks that they hold what it touches.
///
/// A row of the cache holds `heads` heads of `vectors * LANES` numbers, side by side. Arithmetic is binary32, every
/// multiply-add rounded once. Lane `i` of a score sums the products of dimensions `i`, `i + LANES`, …, in order; the
/// lanes `x0 … x15` are then joined in a fixed order:
///
/// ```
/// r[b] = (x[4b] + x[4b + 2]) + (x[4b + 1] + x[4b + 3])      score = (r0 + r2) + (r1 + r3)
/// ```
public sealed interface CacheRoutines permits MachineCacheRoutines, PlainCacheRoutines {
    int LANES = 16;

    /// Rows of the cache that are read together.
    int GROUP = 4;

    /// Rows of the cache: `rows` of them, 1 or [#GROUP], from the beginning of `bytes`.
    ///
    /// @param format F32 or F16
    /// @param stride bytes from row to row
    record CacheRows(MemorySegment bytes, Format format, int rows, long stride, int heads, int vectors) {
        /// Bytes from the first to the last number.
        long span() {
            return Math.addExact(Math.multiplyExact(rows - 1L, stride), format.bytes((long) heads * vectors * LANES));
        }
    }

    /// One vector, or number, for each head.
    ///
    /// @param floats the first one at its beginning
    /// @param step   bytes from head to head
    record PerHead(MemorySegment floats, long step) {}

    /// `scores[head][row] = q[head] · keys[row][head]`.
    void scores(CacheRows keys, PerHead q, PerHead scores);

    /// `y[head] += Σ weights[head][row] · values[row][head]`, row after row.
    void add(CacheRows values, PerHead weights, PerHead y);
}
