package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;

/// What the machine code computes of attention of one row: products with a few rows of cached keys, and weighted sums
/// of a few rows of cached values. Segments are on or off the heap; each routine checks that they hold what it touches.
///
/// A row of the cache holds `heads` heads of `vectors * LANES` numbers, side by side; `queries` neighbouring heads of
/// the
/// query share each of them, so that there are `heads * queries` of these. Arithmetic is binary32, every multiply-add
/// rounded once. Lane `i` of a score sums the products of dimensions `i`, `i + LANES`, …, in order; the
/// lanes `x0 … x15` are then joined in a fixed order:
///
/// ```
/// r[b] = (x[4b] + x[4b + 2]) + (x[4b + 1] + x[4b + 3])      score = (r0 + r2) + (r1 + r3)
/// ```
public sealed interface CacheRoutines permits MachineCacheRoutines, PlainCacheRoutines {
    int LANES = 16;

    /// Rows of the cache: `rows` of them, at least one, from the beginning of `bytes`.
    ///
    /// @param format  F32 or F16
    /// @param stride  bytes from row to row
    /// @param queries heads of the query for each head of a row
    /// @param ahead   bytes from each row to as many that are read next and are brought closer meanwhile, or 0
    record CacheRows(
            MemorySegment bytes,
            Format format,
            int rows,
            long stride,
            int heads,
            int queries,
            int vectors,
            long ahead) {
        /// Bytes from the first to the last number.
        long span() {
            return Math.addExact(Math.multiplyExact(rows - 1L, stride), format.bytes((long) heads * vectors * LANES));
        }
    }

    /// Something for each head of the query.
    ///
    /// @param floats the first one at its beginning
    /// @param step   bytes from one to the next
    record PerHead(MemorySegment floats, long step) {}

    /// `scores[head][row] = q[head] · keys[row][head / queries]`.
    void scores(CacheRows keys, PerHead q, PerHead scores);

    /// `y[head] += Σ weights[head][row] · values[row][head / queries]`, row after row.
    void add(CacheRows values, PerHead weights, PerHead y);
}
