package dev.fovea.kernel.emitted;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.avx2.Avx2Code;
import dev.fovea.kernel.emitted.avx512.Avx512Code;

/// Machine code of [Routines] and [CacheRoutines] for one kind of processor. Each method writes one routine after
/// those before it, with the arguments that [MachineRoutines] and [MachineCacheRoutines] hand over, counts at least 1.
public sealed interface RoutineCode permits Avx512Code, Avx2Code {
    /// Where the routines are written.
    GeneralAssembler code();

    /// `(x, xStride, rows, spans, to, stride)`.
    void quantise();

    /// `(w, strip, spans)`, `strip` at the half to write.
    void unpack(Format format);

    /// `(a, stride, w, y, spans, groups)`.
    void oneRow(Format format);

    /// `(a, stride, strip, spans, y, yStride, tiles, bias)`.
    ///
    /// @param first whether sums begin with zero, or else with what `y` holds
    void tiles(Format format, boolean first);

    /// Heads of the query, as [#scores] and [#add] can take together besides one: 1, or more.
    int queries();

    /// `(q, cache, stride, scores, heads, vectors, step of q, step of scores, passes, groups, lines, ahead)`.
    ///
    /// @param rows    of each of the groups
    /// @param queries heads of the query for each of the passes over a head of the cache
    void scores(Format format, int rows, int queries);

    /// `(weights, cache, stride, y, heads, vectors, step of weights, step of y, passes, groups, lines, ahead)`.
    void add(Format format, int rows, int queries);
}
