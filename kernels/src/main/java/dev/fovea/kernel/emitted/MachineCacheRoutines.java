package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fovea.kernel.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// In machine code.
final class MachineCacheRoutines implements CacheRoutines {
    /// Rows of the cache that are read together.
    static final int GROUP = 4;

    private final int queries; // heads of the query that some of the code takes together
    private final Handles f16;
    private final Handles f32;

    /// The routines of one format.
    private record Handles(Rows scores, Rows add) {}

    /// One routine, for rows one by one and for groups of [#GROUP].
    private record Rows(Queries one, Queries group) {}

    /// One routine, for one head of the query and for some.
    private record Queries(MethodHandle one, MethodHandle some) {}

    /// Writes one routine.
    private interface Writing {
        void write(int rows, int queries);
    }

    /// @param code  empty, of a family that this processor runs
    /// @param arena how long the code lives
    /// @throws UnsupportedOperationException with the reason, where the system cannot run it
    MachineCacheRoutines(RoutineCode code, Arena arena) {
        queries = code.queries();
        int[] f16Scores = write(code, (rows, together) -> code.scores(Format.F16, rows, together));
        int[] f16Add = write(code, (rows, together) -> code.add(Format.F16, rows, together));
        int[] f32Scores = write(code, (rows, together) -> code.scores(Format.F32, rows, together));
        int[] f32Add = write(code, (rows, together) -> code.add(Format.F32, rows, together));
        MemorySegment memory = Pages.executable(code.code().code(), arena);
        f16 = new Handles(rows(memory, f16Scores), rows(memory, f16Add));
        f32 = new Handles(rows(memory, f32Scores), rows(memory, f32Add));
    }

    /// Where it begins for one row and one query, one row and some, a group and one, a group and some.
    private static int[] write(RoutineCode code, Writing routine) {
        int[] at = new int[4];
        for (int i = 0; i < 4; i++) {
            at[i] = code.code().here();
            routine.write(i < 2 ? 1 : GROUP, i % 2 == 0 ? 1 : code.queries());
        }
        return at;
    }

    private static Rows rows(MemorySegment memory, int[] at) {
        return new Rows(
                new Queries(handle(memory, at[0]), handle(memory, at[1])),
                new Queries(handle(memory, at[2]), handle(memory, at[3])));
    }

    @SuppressWarnings("restricted") // bounds are checked before each call
    private static MethodHandle handle(MemorySegment memory, int at) {
        FunctionDescriptor type = FunctionDescriptor.ofVoid(
                ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                JAVA_LONG, JAVA_LONG);
        return Linker.nativeLinker().downcallHandle(memory.asSlice(at), type, Linker.Option.critical(true));
    }

    @Override
    public void scores(CacheRows keys, PerHead q, PerHead scores) {
        int heads = heads(keys);
        MemorySegment read = touched(q, heads, 4L * LANES * keys.vectors());
        MemorySegment written = Bf16Routines.writable(touched(scores, heads, 4L * keys.rows()));
        Rows code = of(keys.format()).scores;
        int whole = keys.rows() - keys.rows() % GROUP;
        call(code.group, GROUP, part(keys, 0, whole), read, q.step(), written, scores.step());
        MemorySegment rest = written.asSlice(4L * whole);
        call(code.one, 1, part(keys, whole, keys.rows()), read, q.step(), rest, scores.step());
    }

    @Override
    public void add(CacheRows values, PerHead weights, PerHead y) {
        int heads = heads(values);
        MemorySegment read = touched(weights, heads, 4L * values.rows());
        MemorySegment written = Bf16Routines.writable(touched(y, heads, 4L * LANES * values.vectors()));
        Rows code = of(values.format()).add;
        int whole = values.rows() - values.rows() % GROUP;
        call(code.group, GROUP, part(values, 0, whole), read, weights.step(), written, y.step());
        MemorySegment rest = read.asSlice(4L * whole);
        call(code.one, 1, part(values, whole, values.rows()), rest, weights.step(), written, y.step());
    }

    /// Heads of the query; checks the counts.
    private static int heads(CacheRows cache) {
        if (cache.rows() < 1 || cache.heads() < 1 || cache.queries() < 1 || cache.vectors() < 1 || cache.stride() < 0) {
            throw new IllegalArgumentException("expected at least one of all, found " + cache);
        }
        return Math.multiplyExact(cache.heads(), cache.queries());
    }

    /// Just the bytes of all heads.
    private static MemorySegment touched(PerHead of, int heads, long bytes) {
        if (of.step() < 0) {
            throw new IllegalArgumentException("expected a step of 0 or more, found " + of);
        }
        return of.floats().asSlice(0, Math.addExact(Math.multiplyExact(heads - 1L, of.step()), bytes));
    }

    /// Rows `[begin, end)`.
    private static CacheRows part(CacheRows cache, int begin, int end) {
        MemorySegment from =
                begin == 0 || begin == end ? cache.bytes() : cache.bytes().asSlice(begin * cache.stride());
        return new CacheRows(
                from,
                cache.format(),
                end - begin,
                cache.stride(),
                cache.heads(),
                cache.queries(),
                cache.vectors(),
                cache.ahead());
    }

    /// @param group rows that the code takes together
    private void call(
            Queries code,
            int group,
            CacheRows cache,
            MemorySegment one,
            long oneStep,
            MemorySegment other,
            long otherStep) {
        if (cache.rows() == 0) {
            return;
        }
        MemorySegment rows = cache.bytes().asSlice(0, cache.span());
        boolean some = cache.queries() % queries == 0;
        MethodHandle handle = some ? code.some : code.one;
        long passes = some ? cache.queries() / queries : cache.queries();
        long bytes = cache.format().bytes((long) cache.heads() * cache.vectors() * LANES);
        long lines = cache.ahead() == 0 ? 1 : Math.ceilDiv(bytes, 64); // at least one, of the row itself
        try {
            handle.invokeExact(
                    one,
                    rows,
                    cache.stride(),
                    other,
                    (long) cache.heads(),
                    (long) cache.vectors(),
                    oneStep,
                    otherStep,
                    passes,
                    (long) cache.rows() / group,
                    lines,
                    cache.ahead());
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    private Handles of(Format format) {
        return switch (format) {
            case F16 -> f16;
            case F32 -> f32;
            default -> throw new IllegalArgumentException("cache: expected F16 or F32, found " + format);
        };
    }
}
